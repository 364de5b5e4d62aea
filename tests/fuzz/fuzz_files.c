/* libFuzzer's entry to the parsers of files. */
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    target_files(bytes, length);
    return 0;
}
