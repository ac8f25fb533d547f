/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Paths, parameters and bodies from the table of routes; summaries, answers and schemas from the tables of
 * front_schema.c.
 */
#include "daemon/front_openapi.h"

#include <config.h>
#include <stdio.h>
#include <string.h>

#include "daemon/front_schema.h"
#include "daemon/json_out.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- fields ---- */

static const char *kind_type(enum front_kind kind)
{
	return kind == FRONT_ROWS					    ? "array"
	       : kind == FRONT_U8 || kind == FRONT_U32 || kind == FRONT_U64 ? "integer"
									    : "string";
}

/* The words of choices, which have a blank before and after each. */
static void choices_write(struct json_out *out, const char *choices)
{
	char word[32];

	json_array_begin(out, "enum");
	for (const char *at = choices; *at == ' ' && at[1] != '\0';) {
		size_t len = strcspn(at + 1, " ");

		(void)snprintf(word, sizeof word, "%.*s", (int)len, at + 1);
		json_text(out, NULL, word);
		at += 1 + len;
	}
	json_array_end(out);
}

static void members_write(struct json_out *out, const char *key, const struct front_field *fields,
			  size_t count, bool more);

/* An array of objects. */
static void rows_write(struct json_out *out, const struct front_field *field)
{
	json_number(out, "minItems", field->min);
	json_number(out, "maxItems", field->max);
	members_write(out, "items", front_row_fields, FRONT_ROW_FIELDS, false);
}

/* Under key: schema for a parameter, the name for a member. */
static void schema_write(struct json_out *out, const char *key, const struct front_field *field)
{
	json_object_begin(out, key);
	json_text(out, "type", kind_type(field->kind));
	switch (field->kind) {
	case FRONT_CHOICE:
		choices_write(out, field->choices);
		break;
	case FRONT_BASE32:
		json_text(out, "pattern", "^[A-Za-z2-7 =-]+$");
		break;
	case FRONT_BASE64:
		json_text(out, "contentEncoding", "base64");
		json_number(out, "maxLength", (field->max + 2u) / 3u * 4u);
		break;
	case FRONT_WORD:
		json_text(out, "pattern", "^[!-~]*$");
		json_number(out, "minLength", field->min);
		json_number(out, "maxLength", field->max);
		break;
	case FRONT_TEXT: /* bytes there, characters here: no text that fits is ruled out */
		json_number(out, "minLength", field->min > 0 ? 1 : 0);
		json_number(out, "maxLength", field->max);
		break;
	case FRONT_HINT:
		break;
	case FRONT_ROWS:
		rows_write(out, field);
		break;
	default:
		json_number(out, "minimum", field->min);
		json_number(out, "maximum", field->max);
	}
	json_object_end(out);
}

static const struct front_field *path_field(const struct front_route *route)
{
	for (size_t i = 0; i < route->field_count; i++) {
		if (route->fields[i].place == FRONT_IN_PATH) {
			return &route->fields[i];
		}
	}
	return NULL;
}

static bool in_body(const struct front_route *route)
{
	return strcmp(route->method, "GET") != 0 && front_style_of(route) != FRONT_STYLE_STATUS;
}

/* A field of the body that comes in the query instead, with the methods that have no body. */
static const char *parameter_place(const struct front_route *route, const struct front_field *field)
{
	if (field->place == FRONT_IN_PATH) {
		return "path";
	}
	if (front_style_of(route) == FRONT_STYLE_STATUS) {
		return field->tag == IPC_TAG_CLIENT ? "header" : NULL; /* user and code: security_write */
	}
	if ((field->place == FRONT_IN_BODY && in_body(route))) {
		return NULL;
	}
	return "query";
}

static void key_parameter_write(struct json_out *out)
{
	json_object_begin(out, NULL);
	json_text(out, "name", "Idempotency-Key");
	json_text(out, "in", "header");
	json_bool(out, "required", false);
	json_text(
	    out, "description",
	    "The same request again under the same key, within a day, is done once and answered the same");
	json_raw(out, "schema", "{\"type\":\"string\",\"minLength\":1,\"maxLength\":130}");
	json_object_end(out);
}

static void parameters_write(struct json_out *out, const struct front_route *route)
{
	json_array_begin(out, "parameters");
	for (size_t i = 0; i < route->field_count; i++) {
		const struct front_field *field = &route->fields[i];
		const char *place = parameter_place(route, field);

		if (place == NULL) {
			continue;
		}
		json_object_begin(out, NULL);
		json_text(out, "name", strcmp(place, "header") == 0 ? "Countersign-Client" : field->name);
		json_text(out, "in", place);
		json_bool(out, "required", field->required);
		schema_write(out, "schema", field);
		json_object_end(out);
	}
	if (front_route_repeats(route)) {
		key_parameter_write(out);
	}
	json_array_end(out);
}

static bool body_wanted(const struct front_route *route, bool *required)
{
	bool wanted = false;

	*required = false;
	for (size_t i = 0; i < route->field_count && in_body(route); i++) {
		if (route->fields[i].place == FRONT_IN_BODY) {
			wanted = true;
			*required = *required || route->fields[i].required;
		}
	}
	return wanted;
}

/* The schema of an object of these fields, those of a body. */
static void members_write(struct json_out *out, const char *key, const struct front_field *fields,
			  size_t count, bool more)
{
	json_object_begin(out, key);
	json_text(out, "type", "object");
	json_array_begin(out, "required");
	for (size_t i = 0; i < count; i++) {
		if (fields[i].place == FRONT_IN_BODY && fields[i].required) {
			json_text(out, NULL, fields[i].name);
		}
	}
	json_array_end(out);
	json_object_begin(out, "properties");
	for (size_t i = 0; i < count; i++) {
		if (fields[i].place == FRONT_IN_BODY) {
			schema_write(out, fields[i].name, &fields[i]);
		}
	}
	json_object_end(out);
	json_bool(out, "additionalProperties", more);
	json_object_end(out);
}

static void body_write(struct json_out *out, const struct front_route *route)
{
	bool more = front_style_of(route) == FRONT_STYLE_VALIDATE;
	bool required;

	if (!body_wanted(route, &required)) {
		return;
	}
	json_object_begin(out, "requestBody");
	json_bool(out, "required", required);
	json_object_begin(out, "content");
	json_object_begin(out, "application/json");
	members_write(out, "schema", route->fields, route->field_count, more);
	json_object_end(out);
	if (front_style_of(route) == FRONT_STYLE_VALIDATE) {
		static const char *const forms[] = {"application/x-www-form-urlencoded",
						    "multipart/form-data"};

		for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
			json_object_begin(out, forms[i]);
			members_write(out, "schema", route->fields, route->field_count, more);
			json_object_end(out);
		}
	}
	json_object_end(out);
	json_object_end(out);
}

/* ---- answers ---- */

/* schema NULL: no JSON, or nothing at all. */
static void response_write(struct json_out *out, const char *status, const char *description,
			   const char *schema, const char *type)
{
	char reference[64];

	json_object_begin(out, status);
	json_text(out, "description", description);
	if (type != NULL) {
		json_object_begin(out, "content");
		json_object_begin(out, type);
		if (schema != NULL) {
			(void)snprintf(reference, sizeof reference, "#/components/schemas/%s", schema);
			json_object_begin(out, "schema");
			json_text(out, "$ref", reference);
			json_object_end(out);
		}
		json_object_end(out);
		json_object_end(out);
	}
	json_object_end(out);
}

/* What may need the approval of another administrator. */
static bool is_proposed(const struct front_route *route)
{
	for (size_t i = 0; i < route->field_count; i++) {
		if (route->fields[i].tag == IPC_TAG_APPROVAL && route->fields[i].place == FRONT_IN_BODY) {
			return true;
		}
	}
	return false;
}

static bool is_live(const struct front_route *route)
{
	return strcmp(route->path, FRONT_PATH_LIVE) == 0;
}

static const struct front_operation *operation_of(const struct front_route *route)
{
	return front_operation(is_live(route) ? IPC_OP_COUNT : route->op);
}

static void responses_write(struct json_out *out, const struct front_route *route)
{
	const struct front_operation *operation = operation_of(route);
	const char *json = "application/json";
	char status[8];

	json_object_begin(out, "responses");
	switch (front_style_of(route)) {
	case FRONT_STYLE_VALIDATE:
		response_write(out, "200", "Decided", "Validate", json);
		response_write(out, "default", "Not decided", "Validate", json);
		break;
	case FRONT_STYLE_RADIUS:
		response_write(out, "204", "Accepted", NULL, NULL);
		response_write(out, "200", "Challenged", "RadiusAttributes", json);
		response_write(out, "401", "Refused", "RadiusAttributes", json);
		response_write(out, "default", "Not decided", "RadiusAttributes", json);
		break;
	case FRONT_STYLE_STATUS:
		response_write(out, "204", "Accepted", NULL, NULL);
		response_write(out, "401", "Refused", NULL, NULL);
		response_write(out, "default", "Not decided", NULL, NULL);
		break;
	default:
		(void)snprintf(status, sizeof status, "%u", operation->status);
		response_write(out, status, "Done", operation->schema,
			       operation->schema != NULL ? json : "text/plain");
		if (route->op == IPC_READY) {
			response_write(out, "503", "Not now", operation->schema, json);
		}
		if (route->op == IPC_TOKEN_LOSE) {
			response_write(out, "200", "Disabled, and no password made", "TokenState", json);
		}
		if (is_proposed(route)) {
			response_write(out, "202", "Proposed to another administrator", "Approval", json);
		}
		response_write(out, "default", "Refused", "Error", json);
	}
	json_object_end(out);
}

/* ---- all of it ---- */

/* The operation's name in logs and metrics, and what tells it from others of its kind. */
static void id_write(struct json_out *out, const struct front_route *route)
{
	static const char *const suffixes[] = {[FRONT_STYLE_REST] = "",
					       [FRONT_STYLE_VALIDATE] = "_validate",
					       [FRONT_STYLE_RADIUS] = "_radius",
					       [FRONT_STYLE_STATUS] = "_status"};
	const struct ipc_rule *rule = ipc_rule(route->op);
	enum front_style style = front_style_of(route);
	const char *own = is_live(route) ? "live" : "openapi";
	char id[96];

	(void)snprintf(id, sizeof id, "%s%s%s%s", rule != NULL ? rule->name : own, suffixes[style],
		       style == FRONT_STYLE_VALIDATE && strcmp(route->method, "GET") == 0 ? "_get" : "",
		       style == FRONT_STYLE_VALIDATE && path_field(route) != NULL ? "_path" : "");
	json_text(out, "operationId", id);
}

static void security_write(struct json_out *out, const struct front_route *route)
{
	json_array_begin(out, "security");
	if (route->credential && !front_route_tells(route)) {
		json_object_begin(out, NULL);
		if (front_style_of(route) == FRONT_STYLE_STATUS) {
			json_array_begin(out, "application");
			json_array_end(out);
			json_array_begin(out, "user");
		} else {
			json_array_begin(out, "credential");
		}
		json_array_end(out);
		json_object_end(out);
	}
	json_array_end(out);
}

static void method_write(struct json_out *out, const struct front_route *route)
{
	static const char *const methods[][2] = {{"GET", "get"}, {"POST", "post"}, {"DELETE", "delete"}};
	const char *method = "put";

	for (size_t i = 0; i < COUNT(methods); i++) {
		method = strcmp(route->method, methods[i][0]) == 0 ? methods[i][1] : method;
	}
	json_object_begin(out, method);
	id_write(out, route);
	json_text(out, "summary", operation_of(route)->summary);
	security_write(out, route);
	parameters_write(out, route);
	body_write(out, route);
	responses_write(out, route);
	json_object_end(out);
}

/* The path with its variable's name between the braces. */
static void path_name(const struct front_route *route, char out[128])
{
	const struct front_field *field = path_field(route);
	const char *brace = strstr(route->path, "{}");

	if (field == NULL || brace == NULL) {
		(void)snprintf(out, 128, "%s", route->path);
	} else {
		(void)snprintf(out, 128, "%.*s{%s}%s", (int)(brace - route->path), route->path, field->name,
			       brace + 2);
	}
}

static void paths_write(struct json_out *out)
{
	size_t count;
	const struct front_route *routes = front_routes(&count);
	char path[128];

	json_object_begin(out, "paths");
	for (size_t i = 0; i < count; i++) {
		bool first = true;

		for (size_t j = 0; j < i; j++) {
			first = first && strcmp(routes[i].path, routes[j].path) != 0;
		}
		if (!first || routes[i].op == IPC_METRICS) {
			continue; /* figures are served elsewhere */
		}
		path_name(&routes[i], path);
		json_object_begin(out, path);
		for (size_t j = i; j < count; j++) {
			if (strcmp(routes[i].path, routes[j].path) == 0) {
				method_write(out, &routes[j]);
			}
		}
		json_object_end(out);
	}
	json_object_end(out);
}

static void components_write(struct json_out *out)
{
	size_t count;
	const struct front_schema *schemas = front_schemas(&count);

	json_object_begin(out, "components");
	json_raw(
	    out, "securitySchemes",
	    "{\"credential\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
	    "\"application\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"Countersign-Credential\"},"
	    "\"user\":{\"type\":\"http\",\"scheme\":\"basic\"}}");
	json_object_begin(out, "schemas");
	for (size_t i = 0; i < count; i++) {
		json_raw(out, schemas[i].name, schemas[i].text);
	}
	json_object_end(out);
	json_object_end(out);
}

void front_openapi_write(struct cs_writer *w)
{
	struct json_out out = json_out_of(w);

	json_object_begin(&out, NULL);
	json_text(&out, "openapi", "3.1.0");
	json_raw(&out, "info",
		 "{\"title\":\"Countersign\",\"version\":\"" PACKAGE_VERSION
		 "\",\"license\":{\"name\":\"BSD-2-Clause\",\"identifier\":\"BSD-2-Clause\"}}");
	json_raw(&out, "servers", "[{\"url\":\"/\"}]");
	paths_write(&out);
	components_write(&out);
	json_object_end(&out);
}
