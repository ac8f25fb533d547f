/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finding a row of the table of routes by method and path.
 */
#include <string.h>

#include "daemon/front_route.h"

/* Whether the path is the pattern, with any segment where that has {}. Called for each row of the table. */
static bool path_match(const char *pattern, struct cs_view path, struct cs_view *variable)
{
	size_t at = 0;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '{') {
			const size_t first = at;

			while (at < path.len && path.ptr[at] != '/') {
				at++;
			}
			*variable = cs_view(path.ptr + first, at - first);
			pattern++; /* the brace behind it */
		} else if (at < path.len && path.ptr[at] == (uint8_t)*pattern) {
			at++;
		} else {
			return false;
		}
	}
	return at == path.len;
}

static void allow_add(char allow[64], const char *method)
{
	size_t used = strlen(allow);
	struct cs_writer w = cs_writer_of(allow + used, 63 - used);

	cs_write_view(&w, cs_view_string(used > 0 ? ", " : ""));
	cs_write_view(&w, cs_view_string(method));
	allow[used + cs_writer_view(&w).len] = '\0';
}

void front_route_find(struct cs_view method, struct cs_view path, struct front_match *out)
{
	size_t count;
	const struct front_route *routes = front_routes(&count);
	bool head = cs_view_equal(method, CS_VIEW_TEXT("HEAD"));
	struct cs_view wanted = head ? CS_VIEW_TEXT("GET") : method;

	*out = (struct front_match){.route = NULL};
	for (size_t i = 0; i < count; i++) {
		struct cs_view segment = CS_VIEW_EMPTY;

		if (!path_match(routes[i].path, path, &segment)) {
			continue;
		}
		allow_add(out->allow, routes[i].method);
		if (strcmp(routes[i].method, "GET") == 0) {
			allow_add(out->allow, "HEAD");
		}
		out->metrics = routes[i].op == IPC_METRICS;
		if (cs_view_equal(wanted, cs_view_string(routes[i].method))) {
			out->route = &routes[i];
			out->segment = segment;
		}
	}
	if (out->allow[0] != '\0') {
		allow_add(out->allow, "OPTIONS");
	}
}

bool front_route_tells(const struct front_route *route)
{
	for (size_t i = 0; i < route->field_count; i++) {
		if (route->fields[i].tag == IPC_TAG_CREDENTIAL) {
			return true;
		}
	}
	return false;
}

bool front_route_repeats(const struct front_route *route)
{
	return strcmp(route->method, "POST") == 0 && route->credential &&
	       strncmp(route->path, "/v1/", 4) == 0 && strcmp(route->path, "/v1/otp/radius") != 0;
}
