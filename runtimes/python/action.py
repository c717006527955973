"""Makes a function of the code given at init: one source text, or an archive with __main__.py."""

import os
import sys

ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
GZIP = b"\x1f\x8b\x08"
SOURCE_FOLDER = os.path.dirname(os.path.abspath(__file__))


def own_module(name):
    """One of the launcher's modules that is seldom needed; the action's come first otherwise."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, os.path.join(SOURCE_FOLDER, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def decode(value):
    if not value.get("binary"):
        return value["code"].encode("utf-8")
    import base64

    return base64.b64decode(value["code"], validate=True)


def build(code, folder):
    """Lays the action out in `folder` and works there; gives what is wrong with it, or ""."""
    os.makedirs(folder)
    os.chdir(folder)
    if code.startswith(ZIPS):
        unzip(code, folder)
    elif code.startswith(GZIP):
        untar(code, folder)
    else:
        with open("__main__.py", "wb") as file:
            file.write(code)
    if os.path.exists("exec"):
        os.rename("exec", "__main__.py")
    if os.path.exists("__main__.py"):
        os.rename("__main__.py", "main__.py")
    sys.path.insert(0, folder)
    return environment_problem(folder) or module_problem(folder)


def unzip(code, folder):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        for entry in archive.infolist():
            path = archive.extract(entry, folder)
            mode = entry.external_attr >> 16
            if mode & 0o170000 == 0o120000:
                link_to(path)
            elif mode & 0o100 and not entry.is_dir():
                os.chmod(path, 0o755)


def link_to(path):
    """A link was unpacked as a file that holds its target."""
    with open(path, "rb") as file:
        target = file.read()
    os.unlink(path)
    os.symlink(target, os.fsencode(path))


def untar(code, folder):
    import io
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(code), mode="r:gz") as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
            return
        for member in archive.getmembers():
            path = os.path.realpath(os.path.join(folder, member.name))
            if os.path.commonpath([path, folder]) != folder:
                raise ValueError("%s leaves the archive's folder" % member.name)
        archive.extractall(folder)


def environment_problem(folder):
    """Activates `virtualenv/`, made from requirements.txt when only that is there."""
    environment = os.path.join(folder, "virtualenv")
    requirements = os.path.join(folder, "requirements.txt")
    if not os.path.isdir(environment):
        return install(environment, requirements) if os.path.exists(requirements) else ""
    for script in ("bin/activate_this.py", "Scripts/activate_this.py"):
        path = os.path.join(environment, script)
        if os.path.exists(path):
            with open(path) as file:
                code = compile(file.read(), path, "exec")
            exec(code, {"__file__": path})
            return ""
    return "Invalid virtualenv. Zip file does not include 'activate_this.py'."


def install(environment, requirements):
    import glob
    import site
    import subprocess

    steps = (
        [sys.executable, "-m", "venv", "--system-site-packages", environment],
        [environment + "/bin/python", "-m", "pip", "install", "-q", "-r", requirements],
    )
    for step in steps:
        done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            return done.stdout.decode("utf-8", "replace").strip()
    for packages in glob.glob(environment + "/lib/python*/site-packages"):
        site.addsitedir(packages)
    return ""


def module_problem(folder):
    path = os.path.join(folder, "main__.py")
    if not os.path.exists(path):
        return "Zip file does not include main__"
    with open(path, "rb") as file:
        source = file.read()
    try:
        compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg
    return ""


def start(main):
    """The function named `main` of the action's module. Raises what the module raises."""
    module = __import__("main__")
    function = getattr(module, main, None)
    if function is None:
        raise ImportError("cannot import name '%s' from 'main__'" % main)
    return function
