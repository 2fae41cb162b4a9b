/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The commit that the program was built from, or "unknown". */
const char *cbuild_commit(void);
