/* Included by the one file of each part that says, in a section of the part's file, what the part is of. */
#ifndef ICL_IDENTITY_PART_H
#define ICL_IDENTITY_PART_H

#include "runtime/identity.h"
#include "runtime/identity_sums.h" /* made by make: ICL_SOURCES, ICL_LINK */

#define IDENTITY_BUILD PACKAGE_VERSION "-" ICL_SOURCES
#define IDENTITY_SAY(part, text) static const char part[] __attribute__((section(text##_SECTION), used)) = text

#endif
