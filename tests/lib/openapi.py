# SPDX-License-Identifier: BSD-2-Clause
"""Holds an OpenAPI 3.1 document against the rules of its standard, and answers against the document.

    openapi.py document FILE
    openapi.py answers FILE ANSWERS     lines: method, path of the document, status, body, parted by tabs
"""
import json
import re
import sys

from jsonschema import Draft202012Validator

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
STATUS = re.compile(r"^([1-5][0-9]{2}|[1-5]XX|default)$")
wrong = []


def must(condition, sentence):
    if not condition:
        wrong.append(sentence)


def only(thing, where, required, allowed):
    must(isinstance(thing, dict), f"{where} is no object")
    must(required <= thing.keys(), f"{where} lacks {required - thing.keys()}")
    must(thing.keys() <= allowed, f"{where} has {thing.keys() - allowed}")


def resolve(document, schema):
    while "$ref" in schema:
        node = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def check_content(document, content, where):
    for kind, media in content.items():
        must("/" in kind, f"{where}: {kind} is no media type")
        only(media, f"{where} {kind}", set(), {"schema", "example", "examples", "encoding"})
        if "schema" in media:
            Draft202012Validator.check_schema(resolve(document, media["schema"]))


def check_operation(document, path, method, operation):
    where = f"{method} {path}"
    only(operation, where, {"responses", "operationId"},
         {"tags", "summary", "description", "operationId", "parameters", "requestBody", "responses", "security", "deprecated"})
    seen = set()
    for parameter in operation.get("parameters", []):
        only(parameter, f"{where} parameter", {"name", "in", "schema"}, {"name", "in", "required", "schema", "description"})
        key = (parameter["name"], parameter["in"])
        must(key not in seen, f"{where}: {key} is there twice")
        seen.add(key)
        must(parameter["in"] in {"query", "path", "header", "cookie"}, f"{where}: {key}")
        must(parameter["in"] != "path" or parameter.get("required") is True, f"{where}: {key} is not required")
        Draft202012Validator.check_schema(parameter["schema"])
    names = set(re.findall(r"{([^}]*)}", path))
    must(names == {name for name, place in seen if place == "path"}, f"{where}: its variables are not its parameters")
    if "requestBody" in operation:
        only(operation["requestBody"], f"{where} body", {"content"}, {"content", "required", "description"})
        check_content(document, operation["requestBody"]["content"], where)
    must(operation["responses"], f"{where} has no responses")
    for status, response in operation["responses"].items():
        must(STATUS.match(status), f"{where}: {status} is no status")
        only(response, f"{where} {status}", {"description"}, {"description", "headers", "content", "links"})
        check_content(document, response.get("content", {}), f"{where} {status}")
    schemes = document["components"]["securitySchemes"]
    for requirement in operation.get("security", []):
        must(requirement.keys() <= schemes.keys(), f"{where}: unknown security")


def check_document(document):
    only(document, "the document", {"openapi", "info", "paths"},
         {"openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components", "security", "tags", "externalDocs"})
    must(re.match(r"^3\.1\.\d+$", document["openapi"]), "openapi is not 3.1")
    only(document["info"], "info", {"title", "version"},
         {"title", "summary", "description", "termsOfService", "contact", "license", "version"})
    ids = []
    for path, item in document["paths"].items():
        must(path.startswith("/"), f"{path} does not begin with a slash")
        must(item.keys() <= METHODS, f"{path} has {item.keys() - METHODS}")
        for method, operation in item.items():
            check_operation(document, path, method, operation)
            ids.append(operation["operationId"])
    must(len(ids) == len(set(ids)), "an operationId is there twice")
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def check_answer(document, method, path, status, body):
    where = f"{method} {path} {status}"
    responses = document["paths"][path][method.lower()]["responses"]
    response = responses.get(status) or responses["default"]
    must(status in responses or not status.startswith("2"), f"{where} is not described")
    media = response.get("content", {}).get("application/json")
    if media is None:
        must(body == "", f"{where} has a body")
        return
    schema = {**media["schema"], "components": document["components"]}
    for error in Draft202012Validator(schema).iter_errors(json.loads(body)):
        wrong.append(f"{where}: {error.json_path}: {error.message[:200]}")


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        document = json.load(file)
    if sys.argv[1] == "document":
        check_document(document)
    else:
        left = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
        with open(sys.argv[3], encoding="utf-8") as file:
            for line in file:
                method, path, status, body = line.rstrip("\n").split("\t")
                check_answer(document, method, path, status, body)
                left.discard((method, path))
        must(not left, f"no answer of {sorted(left)} was looked at")
    print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main())
