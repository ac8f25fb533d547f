/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What other applications have of the Countersign application: INFO and CONTENTS are answered inside PIV too,
 * so that a host learns whose card this is without a SELECT, which would end the security state that another
 * program on the host may rely on.
 */
#ifndef COUNTERSIGN_APPLET_CSGN_H
#define COUNTERSIGN_APPLET_CSGN_H

#include "applet/app.h"

app_handler csgn_info;
app_handler csgn_contents;

#endif
