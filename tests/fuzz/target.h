/*
 * What is fuzzed: bytes from outside into each parser, with what must hold whatever they are.  Used by
 * libFuzzer (make fuzz) and, with a fixed seed, by the system tests.
 */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* What the daemon does with a client's bytes: lines, JSON, envelopes, parameters. Aborts where a promise is broken.
 */
void target_lines(const uint8_t *bytes, size_t length);

/* The files of people: entitled.conf, a CSV log, a catalogue, a profile. The first byte chooses. */
void target_files(const uint8_t *bytes, size_t length);

#endif
