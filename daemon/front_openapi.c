/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Paths, parameters and bodies from the table of routes; summaries and answers from the table of operations
 * here; their schemas as they stand below.
 */
#include "daemon/front_openapi.h"

#include <config.h>
#include <stdio.h>
#include <string.h>

#include "daemon/json_out.h"

/* An operation's title, and how keeper answers it: status, and the name of a schema below. */
static const struct operation {
	const char *summary;
	unsigned status;
	const char *schema; /* NULL: no JSON */
} OPERATIONS[IPC_OP_COUNT] = {
    [0] = {"This document", 200, "Document"},
    [IPC_OTP_VERIFY] = {"Is this code the user's?", 200, "Verification"},
    [IPC_USER_ADD] = {"Make a user known", 201, "User"},
    [IPC_USER_LIST] = {"List users", 200, "UserList"},
    [IPC_TOKEN_ENROL] = {"Enrol a token", 201, "Enrolment"},
    [IPC_TOKEN_LIST] = {"List tokens", 200, "TokenList"},
    [IPC_TOKEN_DISABLE] = {"Accept a token's codes no more", 200, "TokenState"},
    [IPC_TOKEN_ENABLE] = {"Accept a token's codes again", 200, "TokenState"},
    [IPC_TOKEN_RESYNC] = {"Bring a token in step with two codes", 200, "TokenResync"},
    [IPC_APP_ADD] = {"Give an application a credential", 201, "ApplicationCredential"},
    [IPC_APP_LIST] = {"List applications", 200, "ApplicationList"},
    [IPC_APP_REMOVE] = {"Take an application's credential away", 200, "ApplicationRemoved"},
    [IPC_AUDIT_LIST] = {"Read the audit log", 200, "AuditList"},
    [IPC_HEALTH] = {"Does the database answer?", 200, "Health"},
    [IPC_METRICS] = {"Figures for Prometheus", 200, NULL},
    [IPC_CHALLENGE_CREATE] = {"Challenge a user", 201, "Challenge"},
    [IPC_CHALLENGE_GET] = {"What became of a challenge", 200, "ChallengeState"},
    [IPC_TOKEN_LOSE] = {"Put a temporary password in the place of a lost token", 201, "Enrolment"},
    [IPC_TOKEN_PIN] = {"Set the PIN that stands beside a token's codes", 200, "TokenPin"},
    [IPC_USER_PASSWORD] = {"Set a user's password", 200, "UserPassword"},
    [IPC_USER_CLASS] = {"Put a user into a class", 200, "UserClass"},
    [IPC_CLASS_SET] = {"Say which factors a class wants", 200, "Class"},
    [IPC_CLASS_LIST] = {"List classes", 200, "ClassList"},
    [IPC_LOGIN] = {"Log a user in as his class wants it", 200, "Login"},
    [IPC_JWKS] = {"The keys that assertions are checked with", 200, "KeySet"},
};

#define TEXT	 "{\"type\":\"string\"}"
#define NATURAL	 "{\"type\":\"integer\",\"minimum\":0}"
#define FLAG	 "{\"type\":\"boolean\"}"
#define TOKEN_ID "{\"type\":\"string\",\"pattern\":\"^t_[0-9a-f]{16}$\"}"
#define DIGEST	 "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{64}$\"}"
#define TYPE_NAME                                                                                            \
	"{\"enum\":[\"hotp\",\"totp\",\"ocra\",\"sms\",\"email\",\"list\",\"grid\",\"backup\","              \
	"\"temporary\"]}"
#define STATE_NAME "{\"enum\":[\"active\",\"disabled\"]}"
#define FACTORS	   "{\"enum\":[\"password\",\"code\",\"password+code\"]}"
#define OBJECT(required, properties)                                                                         \
	"{\"type\":\"object\",\"required\":[" required                                                       \
	"],\"additionalProperties\":false,\"properties\":{" properties "}}"
#define LIST(member, item, next)                                                                             \
	OBJECT("\"" member "\",\"next\"",                                                                    \
	       "\"" member "\":{\"type\":\"array\",\"items\":" item "},\"next\":" next)
#define NEXT_TEXT   "{\"type\":[\"string\",\"null\"]}"
#define NEXT_NUMBER "{\"type\":[\"string\",\"integer\",\"null\"]}"
#define FAILURES    "\"failures\":" NATURAL ",\"locked\":" FLAG ",\"wait\":" NATURAL

static const char *const SCHEMAS[][2] = {
    {"Document", "{\"type\":\"object\",\"required\":[\"openapi\",\"info\",\"paths\"]}"},
    {"Error", OBJECT("\"error\"", "\"error\":" OBJECT("\"code\",\"message\"",
						      "\"code\":{\"type\":\"string\","
						      "\"pattern\":\"^[a-z_]+$\"},\"message\":" TEXT))},
    {"Verification",
     OBJECT("\"accepted\"", "\"accepted\":" FLAG ",\"token\":" TOKEN_ID
			    ",\"reason\":{\"enum\":[\"wrong\",\"locked\"]},\"wait\":" NATURAL)},
    {"User", OBJECT("\"user\"", "\"user\":" TEXT)},
    {"UserList", LIST("users",
		      OBJECT("\"user\",\"class\",\"password\",\"failures\",\"locked\",\"created\"",
			     "\"user\":" TEXT ",\"class\":" TEXT ",\"password\":" FLAG "," FAILURES
			     ",\"created\":" NATURAL),
		      NEXT_TEXT)},
    {"Enrolment",
     OBJECT("\"token\",\"user\"",
	    "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"otpauth\":" TEXT ",\"secret\":" TEXT
	    ",\"codes\":{\"type\":\"array\",\"items\":" TEXT "},\"password\":" TEXT ",\"expires\":" NATURAL)},
    {"TokenList",
     LIST(
	 "tokens",
	 OBJECT("\"token\",\"user\",\"type\",\"failures\",\"locked\",\"pin\",\"state\",\"label\",\"created\"",
		"\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"type\":" TYPE_NAME
		",\"algorithm\":{\"enum\":[\"SHA1\",\"SHA256\",\"SHA384\",\"SHA512\"]},\"digits\":" NATURAL
		",\"counter\":" NATURAL ",\"period\":" NATURAL
		",\"drift\":{\"type\":\"integer\"},\"suite\":" TEXT ",\"destination\":" TEXT
		",\"left\":" NATURAL ",\"expires\":" NATURAL ",\"pin\":" FLAG ",\"state\":" STATE_NAME
		",\"label\":" TEXT "," FAILURES ",\"created\":" NATURAL),
	 NEXT_TEXT)},
    {"TokenState", OBJECT("\"token\",\"user\",\"state\"",
			  "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"state\":" STATE_NAME)},
    {"TokenResync", OBJECT("\"token\",\"user\",\"resynced\"",
			   "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"resynced\":{\"const\":true}")},
    {"TokenPin",
     OBJECT("\"token\",\"user\",\"pin\"", "\"token\":" TOKEN_ID ",\"user\":" TEXT ",\"pin\":" TEXT)},
    {"ApplicationCredential", OBJECT("\"name\",\"credential\"", "\"name\":" TEXT ",\"credential\":" TEXT)},
    {"ApplicationList",
     LIST("applications", OBJECT("\"name\",\"created\"", "\"name\":" TEXT ",\"created\":" NATURAL),
	  NEXT_TEXT)},
    {"ApplicationRemoved", OBJECT("\"name\",\"removed\"", "\"name\":" TEXT ",\"removed\":{\"const\":true}")},
    {"AuditList",
     LIST("entries",
	  OBJECT("\"sequence\",\"time_ms\",\"actor\",\"action\",\"user\",\"token\",\"result\",\"reason\","
		 "\"address\","
		 "\"detail\",\"previous\",\"hash\"",
		 "\"sequence\":" NATURAL ",\"time_ms\":" NATURAL ",\"actor\":" TEXT ",\"action\":" TEXT
		 ",\"user\":" TEXT ",\"token\":" TEXT ",\"result\":" TEXT ",\"reason\":" TEXT
		 ",\"address\":" TEXT ",\"detail\":" TEXT ",\"previous\":" DIGEST ",\"hash\":" DIGEST),
	  NEXT_NUMBER)},
    {"Health", OBJECT("\"status\"", "\"status\":{\"const\":\"ok\"}")},
    {"Challenge", OBJECT("\"challenge\",\"user\",\"token\",\"type\",\"expires\"",
			 "\"challenge\":" TEXT ",\"user\":" TEXT ",\"token\":" TOKEN_ID ",\"type\":" TYPE_NAME
			 ",\"question\":" TEXT ",\"sent_to\":" TEXT ",\"expires\":" NATURAL)},
    {"ChallengeState",
     OBJECT("\"challenge\",\"token\",\"state\",\"expires\"",
	    "\"challenge\":" TEXT ",\"token\":" TOKEN_ID
	    ",\"state\":{\"enum\":[\"open\",\"answered\",\"expired\"]},\"expires\":" NATURAL)},
    {"UserPassword",
     OBJECT("\"user\",\"change\"", "\"user\":" TEXT ",\"change\":{\"enum\":[\"first\",\"never\"]}")},
    {"UserClass",
     OBJECT("\"user\",\"class\",\"factors\"", "\"user\":" TEXT ",\"class\":" TEXT ",\"factors\":" FACTORS)},
    {"Class", OBJECT("\"class\",\"factors\"", "\"class\":" TEXT ",\"factors\":" FACTORS)},
    {"ClassList",
     LIST("classes", OBJECT("\"class\",\"factors\"", "\"class\":" TEXT ",\"factors\":" FACTORS), NEXT_TEXT)},
    {"Login",
     OBJECT("\"accepted\"",
	    "\"accepted\":" FLAG ",\"user\":" TEXT
	    ",\"level\":{\"enum\":[\"aal1\",\"aal2\"]},\"assertion\":" TEXT ",\"expires\":" NATURAL
	    ",\"next\":{\"type\":\"array\",\"items\":{\"enum\":[\"password\",\"new_password\",\"code\"]}}"
	    ",\"reason\":{\"enum\":[\"wrong\",\"locked\"]},\"wait\":" NATURAL)},
    {"KeySet", OBJECT("\"keys\"", "\"keys\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
				  "\"required\":[\"kty\",\"crv\",\"kid\",\"x\",\"y\"]}}")},
    {"Validate", "{\"type\":\"object\",\"required\":[\"id\",\"jsonrpc\",\"result\",\"detail\",\"version\"],"
		 "\"properties\":{\"result\":{\"type\":\"object\",\"required\":[\"status\"]}}}"},
    {"RadiusAttributes", "{\"type\":\"object\"}"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- fields ---- */

static const char *kind_type(enum front_kind kind)
{
	return kind == FRONT_U8 || kind == FRONT_U32 || kind == FRONT_U64 ? "integer" : "string";
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

static void members_write(struct json_out *out, const struct front_route *route)
{
	json_object_begin(out, "schema");
	json_text(out, "type", "object");
	json_array_begin(out, "required");
	for (size_t i = 0; i < route->field_count; i++) {
		if (route->fields[i].place == FRONT_IN_BODY && route->fields[i].required) {
			json_text(out, NULL, route->fields[i].name);
		}
	}
	json_array_end(out);
	json_object_begin(out, "properties");
	for (size_t i = 0; i < route->field_count; i++) {
		if (route->fields[i].place == FRONT_IN_BODY) {
			schema_write(out, route->fields[i].name, &route->fields[i]);
		}
	}
	json_object_end(out);
	json_bool(out, "additionalProperties", front_style_of(route) == FRONT_STYLE_VALIDATE);
	json_object_end(out);
}

static void body_write(struct json_out *out, const struct front_route *route)
{
	bool required;

	if (!body_wanted(route, &required)) {
		return;
	}
	json_object_begin(out, "requestBody");
	json_bool(out, "required", required);
	json_object_begin(out, "content");
	json_object_begin(out, "application/json");
	members_write(out, route);
	json_object_end(out);
	if (front_style_of(route) == FRONT_STYLE_VALIDATE) {
		json_object_begin(out, "application/x-www-form-urlencoded");
		members_write(out, route);
		json_object_end(out);
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

static void responses_write(struct json_out *out, const struct front_route *route)
{
	const struct operation *operation = &OPERATIONS[route->op];
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
	char id[96];

	(void)snprintf(id, sizeof id, "%s%s%s%s", rule != NULL ? rule->name : "openapi", suffixes[style],
		       style == FRONT_STYLE_VALIDATE && strcmp(route->method, "GET") == 0 ? "_get" : "",
		       style == FRONT_STYLE_VALIDATE && path_field(route) != NULL ? "_path" : "");
	json_text(out, "operationId", id);
}

static void security_write(struct json_out *out, const struct front_route *route)
{
	json_array_begin(out, "security");
	if (route->credential) {
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
	json_text(out, "summary", OPERATIONS[route->op].summary);
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
		if (!first) {
			continue;
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
	json_object_begin(out, "components");
	json_raw(
	    out, "securitySchemes",
	    "{\"credential\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
	    "\"application\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"Countersign-Credential\"},"
	    "\"user\":{\"type\":\"http\",\"scheme\":\"basic\"}}");
	json_object_begin(out, "schemas");
	for (size_t i = 0; i < COUNT(SCHEMAS); i++) {
		json_raw(out, SCHEMAS[i][0], SCHEMAS[i][1]);
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
