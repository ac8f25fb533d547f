/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finding a row of the table of routes by method and path.
 */
#include <string.h>

#include "daemon/front_route.h"

/* The next segment of a path after its slash; false at the end of the path. */
static bool path_segment(struct cs_view *path, struct cs_view *segment)
{
	size_t len = 0;

	if (path->len == 0 || path->ptr[0] != '/') {
		return false;
	}
	while (1 + len < path->len && path->ptr[1 + len] != '/') {
		len++;
	}
	*segment = cs_view(path->ptr + 1, len);
	*path = cs_view(path->ptr + 1 + len, path->len - 1 - len);
	return true;
}

static bool path_match(const char *pattern, struct cs_view path, struct cs_view *variable)
{
	struct cs_view left = cs_view_string(pattern);
	struct cs_view want, got;

	while (path_segment(&left, &want)) {
		if (!path_segment(&path, &got)) {
			return false;
		}
		if (cs_view_equal(want, CS_VIEW_TEXT("{}"))) {
			*variable = got;
		} else if (!cs_view_equal(want, got)) {
			return false;
		}
	}
	return path.len == 0;
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
