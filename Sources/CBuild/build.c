/* SPDX-License-Identifier: Apache-2.0 */
/* Which build this is. The Makefile writes the commit over this section of the linked program, so that
   a new commit compiles nothing anew. */
#include "CBuild.h"

__attribute__((used, section(".commit"))) static const char commit[48] = "unknown";

const char *cbuild_commit(void) {
    const char *text = commit;
    __asm__("" : "+r"(text)); /* what it says is not known to the compiler */
    return text;
}
