/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Looks through /proc (proc_pid_stat(5)).
 */
#include "tests/lib/process_child.h"

#include <glob.h>
#include <stdio.h>

pid_t process_child(pid_t parent)
{
	glob_t found;
	pid_t child = 0;

	if (glob("/proc/[0-9]*/stat", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; child == 0 && i < found.gl_pathc; i++) {
		FILE *f = fopen(found.gl_pathv[i], "re");
		int self = 0, its_parent = 0;
		if (f && fscanf(f, "%d (%*[^)]) %*c %d", &self, &its_parent) == 2 && its_parent == parent)
			child = self;
		if (f)
			fclose(f);
	}
	globfree(&found);
	return child;
}
