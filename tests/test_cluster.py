"""docs/cluster.md, word for word, on two machines that are network namespaces: the same bytes as from two processes on one.

`srun`, `scancel`, `scontrol`, `pdsh` and `ssh` are stand-ins of a few lines that start a command in each namespace.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from torch.distributed.run import get_args_parser

from m3ae.engine.pinned import PINNED
from tests.machines import HERE, Machine, free_port, two_machines
from tests.prepare.test_kill import kill
from tests.test_repro import ENVIRONMENT, ROOT, Project, last_step, longer

DOCS = ROOT / "docs"
TEXT = (DOCS / "cluster.md").read_text()
LIMIT = 300  # seconds
STAND_INS = {
    "srun": """
        shift
        for namespace in $NAMESPACES; do
            SLURM_NODEID=$number ip netns exec $namespace "$@" &
            echo $! >> tasks
            ((++number))
        done
        for task in $(cat tasks); do wait $task || status=$?; done
        exit $status""",
    "scancel": "kill -TERM $(cat tasks)",
    "scontrol": """
        case $1 in
            show) printf '%s\\n' $ADDRESSES;;
            requeue) echo $2 > requeued;;
        esac""",
    "pdsh": """
        shift 5
        for namespace in $NAMESPACES; do
            command="$*"
            ip netns exec $namespace bash -c "${command//%n/$number}" &
            tasks+=($!)
            ((++number))
        done
        for task in ${tasks[@]}; do wait $task || status=$?; done
        exit $status""",
    "ssh": 'until [[ $1 == 10.* ]]; do shift; done; ip netns exec ${NAMESPACES%% *} "${@:2}"',
}


def block(beginning: str) -> str:
    """The code block of the text that begins so."""
    return next(found for found in re.findall(r"```(?:bash)?\n(.*?)```", TEXT, re.DOTALL) if found.startswith(beginning))


class Trained(Project):
    """A project up to its pre-training by two processes of one machine."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        shutil.copytree(DOCS, folder / "docs")
        self.write(**longer(30))
        self.dvc("repro", "tokenizer")
        assert self.run(HERE[0], "dvc repro pretrain", PET_NPROC_PER_NODE="2").wait(LIMIT) == 0
        self.alone = self.results()

    def results(self) -> dict[str, str]:
        """The digest of everything that pre-training left, as DVC noted it."""
        outs = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]["pretrain"]["outs"]
        return {out["path"]: out["md5"] for out in outs}

    def forget(self) -> None:
        """Pre-training was never run."""
        lock = self.folder / "dvc.lock"
        content = yaml.safe_load(lock.read_text())
        content["stages"].pop("pretrain", None)
        lock.write_text(yaml.safe_dump(content))
        for left in (".dvc/cache/runs", "data/pretrain", ".state"):
            shutil.rmtree(self.folder / left, ignore_errors=True)

    def run(self, machine: Machine, script: str, **environment: str) -> subprocess.Popen:
        everything = {**ENVIRONMENT, **PINNED, **machine.environment(), **environment}
        with (self.folder / "log").open("a") as log:
            command = machine.command("bash", "-c", f"set -e -o pipefail\n{script}")
            return subprocess.Popen(command, cwd=self.folder, env=everything, stdout=log, stderr=subprocess.STDOUT)

    def ends(self, *runs: subprocess.Popen) -> list[int]:
        limit = time.monotonic() + LIMIT
        try:
            return [run.wait(limit - time.monotonic()) for run in runs]
        finally:
            for run in runs:
                if run.poll() is None:
                    kill(run)

    def said(self) -> str:
        return (self.folder / "log").read_text()[-6000:]


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Trained:
    return Trained(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def project(trained) -> Trained:
    trained.forget()
    return trained


@pytest.fixture(scope="module")
def machines() -> Iterator[tuple[Machine, Machine]]:
    with two_machines() as machines:
        yield machines


@pytest.fixture
def stand_ins(machines, tmp_path) -> dict[str, str]:
    """The environment in which the stand-ins are found, and find the machines."""
    for name, body in STAND_INS.items():
        (tmp_path / name).write_text(f"#!/bin/bash\nstatus=0 number=0\n{body}\n")
        (tmp_path / name).chmod(0o755)
    return {
        "PATH": f"{tmp_path}{os.pathsep}{ENVIRONMENT['PATH']}",
        **machines[0].environment(),
        "NAMESPACES": " ".join(machine.namespace for machine in machines),
        "ADDRESSES": " ".join(machine.address for machine in machines),
    }


def by_hand(project: Trained, machines: tuple[Machine, Machine]) -> list[int]:
    """The blocks of "By hand", with these machines' address and one process each."""
    export = block("export PET_NNODES").replace("PER_NODE=8", "PER_NODE=1").replace("node1:29500", f"{machines[0].address}:{free_port()}")
    first, other = block("dvc repro --dry"), block("PET_NODE_RANK=1")
    written = project.folder / "pretrain.sh"
    written.unlink(missing_ok=True)
    runs = [project.run(machines[0], export + first)]
    while not (written.exists() and written.read_text()) and runs[0].poll() is None:
        time.sleep(0.1)
    return project.ends(*runs, project.run(machines[1], export + other))


def test_by_hand_on_two_machines_the_results_are_those_of_one(project, machines):
    assert by_hand(project, machines) == [0, 0], project.said()
    assert project.results() == project.alone


def test_two_torchruns_on_one_machine_leave_the_results_of_one(project):
    assert by_hand(project, HERE) == [0, 0], project.said()
    assert project.results() == project.alone


def test_the_deepspeed_launcher_leaves_the_same_results(project, machines, stand_ins):
    hosts = block("node1 slots").replace("slots=8", "slots=1")
    for number, machine in enumerate(machines, 1):
        hosts = hosts.replace(f"node{number}", machine.address)
    (project.folder / "hostfile").write_text(hosts)
    passed_on = {**machines[0].environment(), **PINNED}
    (project.folder / ".deepspeed_env").write_text("".join(f"{name}={value}\n" for name, value in passed_on.items()))
    assert project.ends(project.run(HERE[0], block("M3AE_LAUNCHER"), **stand_ins)) == [0], project.said()
    assert project.results() == project.alone


def test_a_slurm_job_that_is_stopped_saves_its_step_is_queued_again_and_ends_in_the_same_results(project, machines, stand_ins):
    slurm = {**stand_ins, "SLURM_NNODES": "2", "SLURM_JOB_NODELIST": "two", "SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "1"}
    command = "exec bash docs/cluster.sbatch pretrain"
    job = project.run(HERE[0], command, PET_NPROC_PER_NODE="1", **slurm)
    limit = time.monotonic() + LIMIT
    while not last_step(project):
        assert job.poll() is None and time.monotonic() < limit, project.said()
        time.sleep(0.05)
    job.send_signal(signal.SIGTERM)
    assert project.ends(job) != [0]
    assert "is saved; `dvc repro` goes on from it" in project.said() and (project.folder / "requeued").read_text() == "7\n"
    (project.folder / "tasks").unlink()
    assert project.ends(project.run(HERE[0], command, PET_NPROC_PER_NODE="1", **slurm)) == [0], project.said()
    assert project.results() == project.alone


def test_bash_can_read_the_script_for_slurm():
    assert subprocess.run(["bash", "-n", DOCS / "cluster.sbatch"]).returncode == 0


def test_torchrun_has_every_option_and_variable_that_is_named():
    options = {option.replace("_", "-") for action in get_args_parser()._actions for option in action.option_strings}
    named = re.findall(r"--[a-z-]+", re.search(r"`torchrun (.*?)`", TEXT).group(1))
    variables = re.findall(r"PET_([A-Z_]+)", TEXT + (DOCS / "cluster.sbatch").read_text())
    assert {*named, *(f"--{variable.lower().replace('_', '-')}" for variable in variables)} <= options
