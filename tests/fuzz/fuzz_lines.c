/* libFuzzer's entry to the wire's parsers. */
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    target_lines(bytes, length);
    return 0;
}
