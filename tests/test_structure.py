"""The laws of the house, read off the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))
MAY_IMPORT = {
    "scripts": {"lib", "parts"},
    "models": {"lib", "parts"},
    "perturbations": {"lib", "parts"},
    "metrics": {"lib", "parts"},
    "plots": {"lib", "parts"},
    "flows": {"lib", "parts"},
    "parts": {"lib", "parts"},
    "lib": {"lib"},
}


def our_imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        yield from (name.split(".")[1] for name in names if name.startswith("workflow."))


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_who_imports_whom(folder):
    for path in (ROOT / "workflow" / folder).glob("*.py"):
        assert set(our_imports(path)) <= MAY_IMPORT[folder], path


def test_every_rule_has_one_script_log_and_environment():
    rules = "\n".join(p.read_text() for p in (ROOT / "workflow" / "rules").glob("*.smk"))
    names = [line.split()[1].rstrip(":") for line in rules.splitlines() if line.startswith("rule ")]
    bodies = {name: rules.split(f"rule {name}:")[1].split("\nrule ")[0] for name in names}
    assert {name for name, body in bodies.items() if "touch(" in body} == {"release_stores"}  # which runs nothing
    bodies.pop("release_stores")
    digests = {"stylize_clips": "painting_of(", "apply_style": "painting_of(", "fetch_weights": "sha256="}
    assert {p.stem for p in SCRIPTS} == set(bodies)
    for name, body in bodies.items():
        times = [] if name in ("write_report", "write_tables", "check") else ["benchmark:"]  # these come too late
        for directive in ("log:", *times, "conda:", f'"../scripts/{name}.py"', digests.get(name, "source=")):
            assert directive in body, f"rule {name} lacks {directive}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_scripts_are_functions_and_one_short_main_block(path):
    tree = ast.parse(path.read_text())
    main = [node for node in tree.body if isinstance(node, ast.If)]
    assert len(main) == 1, "one main block"
    assert main[0].end_lineno - main[0].lineno <= 12
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.Expr, ast.If)
    assert all(isinstance(node, allowed) for node in tree.body)


def test_lib_at_parse_time_needs_the_standard_library_alone():
    for name in ("errors", "experiment", "failures", "manifest", "model_entries", "painting", "plugins", "sources", "trainings"):
        for node in ast.walk(ast.parse((ROOT / "workflow" / "lib" / f"{name}.py").read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not {n.split(".")[0] for n in names} & {"numpy", "pandas", "pyarrow", "torch", "cv2", "yaml"}, name


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["snakefmt", "--check", "Snakefile", "workflow"],
        ["snakemake", "--lint"],
    ],
    ids=" ".join,
)
def test_source_is_clean(command):
    done = subprocess.run([Path(sys.executable).parent / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
