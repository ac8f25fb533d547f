/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Never run: nm says how large these are, and that is the RAM that a card takes.
 */
#include "applet/card_private.h"

struct card card_size;
struct store store_size;
