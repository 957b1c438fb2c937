"""Validates manifests against Kubernetes' own schemas and those of custom resources.

usage: validate-manifests.py CRD_FOLDER MANIFEST...

Fields that no schema knows are errors, in custom resources too. Prints a line for each problem; exit code 1 if any.
"""

import glob
import sys

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.31"


def custom_schemas(folder):
    """(apiVersion, kind) → schema, of every CustomResourceDefinition in the folder."""
    schemas = {}
    for path in glob.glob(f"{folder}/*.yaml"):
        for crd in yaml.safe_load_all(open(path, encoding="utf-8")):
            if not crd or crd["kind"] != "CustomResourceDefinition":
                continue
            for version in crd["spec"]["versions"]:
                key = f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]
                schemas[key] = strict(version["schema"]["openAPIV3Schema"])
    return schemas


def strict(schema):
    """The same schema, rejecting unknown fields like `kubectl --validate=strict`."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items()}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and not is_open:
        schema["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
    return schema


def problem_of(document, schemas):
    key = document.get("apiVersion"), document.get("kind")
    if key in schemas:
        # The schema leaves these two for the server to check.
        body = {name: value for name, value in document.items() if name != "metadata"}
        errors = jsonschema.Draft4Validator(schemas[key]).iter_errors(body)
        return "; ".join(f"{'/'.join(map(str, error.path))}: {error.message}" for error in errors)
    try:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
        return ""
    except Exception as error:  # The package defines many exception types.
        return str(error).splitlines()[0]


def main(crd_folder, paths):
    schemas = custom_schemas(crd_folder)
    problems, count = 0, 0
    for path in paths:
        for document in yaml.safe_load_all(open(path, encoding="utf-8")):
            if document is None:
                continue
            count += 1
            problem = problem_of(document, schemas)
            if problem:
                problems += 1
                print(f"{path}: {document.get('kind')} {document.get('metadata', {}).get('name')}: {problem}")
    print(f"{count} objects, {problems} with problems")
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
