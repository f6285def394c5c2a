"""The environment files hold what the scripts need: a pin for every package they import, equal to the lock's."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "envs/requirements.lock"
ENVIRONMENTS = ["analysis", "torch-gpu", "video"]  # of the rules, unless the config asks for torch-cpu
IDLE = {"release_stores"}  # rules that run nothing


def versions(lines):
    """{package: version} of `package==version` lines."""
    return {package.lower(): version for package, version in (line.split("==") for line in lines)}


def pins(environment):
    """{package: version} that an environment file asks of pip."""
    return versions(packages_of(environment))


def packages_of(environment):
    """What an environment file asks of pip, after this Python and pip itself."""
    python, pip, packages = yaml.safe_load((ROOT / f"envs/{environment}.yaml").read_text())["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    return packages["pip"]


def module_of(package):
    """What to import for a package."""
    return {"opencv-python-headless": "cv2"}.get(package, package)


def environments_of_rules():
    """{rule: environment} read from the rule files; a rule's script has the rule's name."""
    found = {}
    for text in (file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk")):
        for rule in re.split(r"^(?=rule )", text, flags=re.MULTILINE)[1:]:
            name = re.match(r"rule (\w+):", rule)[1]
            if name in IDLE:
                assert "script:" not in rule
                continue
            assert f'"../scripts/{name}.py"' in rule, f"rule {name} has no script of its name"
            found[name] = re.search(r'conda:\s+(?:"../../envs/(\w+).yaml"|TORCH\n)', rule)[1] or "torch-gpu"
    return found


def plugins_loaded(text):
    """Plug-ins that the source `text` may load by name: a folder's all, perturbations only of the kind it speaks of."""
    for folder in re.findall(r'load_plugin\("(\w+)"', text):
        for plugin in (ROOT / "workflow" / folder).glob("*.py"):
            kind = re.search(r'^CHANGES = (".+")$', plugin.read_text(), re.MULTILINE)
            if not kind or kind[1] in text:
                yield plugin


def names_imported(text):
    """Dotted names that the source `text` imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def modules_needed(script):
    """Modules from outside that a script needs: its own, those of our files it imports, those of the plug-ins it loads."""
    todo, seen, needed = [script], set(), set()
    while todo:
        file = todo.pop()
        seen.add(file)
        text = file.read_text()
        names = list(names_imported(text))
        ours = {path for name in names if (path := ROOT / (name.replace(".", "/") + ".py")).is_file()}
        needed.update(name.split(".")[0] for name in names)
        todo.extend({*ours, *plugins_loaded(text)} - seen)
    return needed - sys.stdlib_module_names - {"workflow"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pins_agree(environment):
    locked = versions(LOCK.read_text().split())
    assert {package: locked.get(package) for package in pins(environment)} == pins(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_environment_holds_what_its_scripts_import(environment):
    scripts = [rule for rule, its in environments_of_rules().items() if its == environment]
    needed = {script: modules_needed(ROOT / f"workflow/scripts/{script}.py") for script in scripts}
    held = {module_of(package) for package in pins(environment)}
    assert {script: modules - held for script, modules in needed.items() if modules - held} == {}
    assert held - set().union(*needed.values()) == set(), "pinned but not imported"


def test_the_builds_of_torch_differ_in_torch_alone():
    index, *cpu = packages_of("torch-cpu")
    gpu = packages_of("torch-gpu")
    assert [package.replace("+cpu", "") for package in cpu] == gpu and sum("+cpu" in package for package in cpu) == 1
    assert index.startswith("--extra-index-url") and index.endswith("/cpu")
    assert {file.stem for file in (ROOT / "envs").glob("*.yaml")} == {*ENVIRONMENTS, "torch-cpu"}


@pytest.fixture
def outdated(tmp_path):
    """A folder with our Makefile, an environment, and a lock that is newer."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/ready").touch()
    os.utime(tmp_path / "whole/ready", (0, 0))
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/requirements.lock").touch()
    return tmp_path


def make(folder, *arguments):
    return subprocess.run(["make", *arguments, f"PYTHON={sys.executable}"], cwd=folder, capture_output=True, text=True)


def test_an_environment_that_is_a_link_is_left_alone(outdated):
    """To make one anew would empty what the link leads to."""
    (outdated / ".venv").symlink_to("whole")
    done = make(outdated, "setup")
    assert done.returncode and ".venv is a link" in done.stderr and (outdated / "whole/ready").is_file()


def test_what_others_installed_outlives_a_newer_lock_and_half_an_environment_does_not(outdated):
    (outdated / "whole").rename(outdated / ".venv")
    assert "-m venv  .venv" in make(outdated, "-n", "setup").stdout
    (outdated / ".venv/ready").unlink()
    assert "-m venv --clear .venv" in make(outdated, "-n", "setup").stdout
