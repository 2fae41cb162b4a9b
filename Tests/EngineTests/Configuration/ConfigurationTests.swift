// SPDX-License-Identifier: Apache-2.0

import Engine
import OCI
import Testing
