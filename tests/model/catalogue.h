/*
 * The catalogue that the model test is made for: pools of several ranks, classes and units, plans with quantities
 * of their own, plans that are replaced and withdrawn.  Two versions: an operation changes between them.
 */
#ifndef TESTS_MODEL_CATALOGUE_H
#define TESTS_MODEL_CATALOGUE_H

#include "tests/model/text.h"
#include <stdbool.h>

enum class_of { PROFESSIONAL, PRIORITY, CRITICAL, ADVISORY, CLASSES };
enum unit { ACCESS, INCIDENT, MINUTE, DAY, SEAT };
enum benefit { ADVICE_LINE, CRITICAL_PHONE, FREE, LABS, MINUTES, PARTNER_LED, PRIORITIES, SEATS, BENEFITS };
enum plan { CERTIFIED, DELIVERED, GOLD, LEGACY, PLUS, REGISTERED, SHORT, STANDARD, PLANS };
enum { VERSIONS = 2, NO_QUANTITY = -1, NO_PLAN = -1 };

/* What one plan includes of one benefit. */
struct item {
    bool included;
    int quantity; /* NO_QUANTITY: the contract must set it; of an access: nothing */
    bool per_contract;
    int rank;
    unsigned accepts; /* bits 1 << class */
    bool around_the_clock;
};

struct plan_terms {
    bool membership;
    int level, months;
    bool sold;
    int successor; /* NO_PLAN: none */
    struct item items[BENEFITS];
};

/* Names, in the alphabet's order as the enumerations are. */
extern const char *const class_names[CLASSES];
extern const char *const benefit_names[BENEFITS];
extern const char *const plan_names[PLANS];
extern const char *const unit_names[];
extern const enum unit benefit_units[BENEFITS];

/* The terms of a plan in a version of the catalogue. */
const struct plan_terms *catalogue_plan(int version, int plan);

/* Adds a version of the catalogue as the document of catalogue.apply. */
void catalogue_document(struct text *text, int version);

#endif
