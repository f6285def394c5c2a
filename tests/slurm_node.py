"""A Slurm of one node with pretended GPUs, for the time of a test: it writes into its folder only and disturbs no other Slurm."""

import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scontrol", "scancel")
SBIN = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])  # daemons are not on everybody's path
MISSING = [name for name in PROGRAMS if not shutil.which(name, path=SBIN)]
# More cores and memory than the machine may have: what rules ask for is for real networks, what the test runs is tiny.
CONFIG = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MinJobAge=3600
KillWait=5
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=256000 Gres=gpu:2
PartitionName=tests Nodes={host} Default=YES
"""


def free_ports(n):
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class NotStarted(RuntimeError):
    """Slurm's daemons do not run together on this machine; the message is what they said."""


class SlurmNode:
    """A running Slurm: four cores, two GPUs, no accounting database. Its programs find it through `environment`."""

    def __init__(self, folder):
        self.folder, self.host, self.daemons = Path(folder), socket.gethostname().split(".")[0], []
        path = os.pathsep.join([str(self.folder / "bin"), SBIN])
        self.environment = os.environ | {"PATH": path, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def __enter__(self):
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir(parents=True)
        for gpu in ("gpu0", "gpu1"):
            (self.folder / gpu).symlink_to(os.devnull)  # Slurm wants devices and never opens them
        settings = {"folder": self.folder, "host": self.host, "user": getpass.getuser(), "ports": free_ports(2)}
        (self.folder / "slurm.conf").write_text(CONFIG.format(**settings))
        (self.folder / "gres.conf").write_text(f"NodeName={self.host} Name=gpu File={self.folder}/gpu[0-1]\n")
        srun = self.folder / "bin/srun"  # Snakemake's plug-in takes every SLURM_ variable from the srun within a job, this one too
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.environment["SLURM_CONF"]} exec {shutil.which("srun", path=SBIN)} "$@"\n')
        srun.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        own = [
            f"--{name}={self.folder}/munge.{end}"
            for name, end in (("socket", "socket"), ("pid-file", "pid"), ("seed-file", "seed"))
        ]
        self.start("munged", "--foreground", "--force", f"--key-file={key}", *own)  # by force: the folder may be closed to others
        self.wait_for(lambda: (self.folder / "munge.socket").exists())
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D", "-N", self.host)
        self.wait_for(lambda: self.run("sinfo", "--noheader", "--format=%T", check=False).strip() == "idle")
        return self

    def __exit__(self, *_):
        self.run("scancel", "--user", getpass.getuser(), check=False)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            daemon.wait()

    def start(self, name, *arguments):
        """Start a daemon that stays our child."""
        with open(self.folder / f"{name}.log", "w") as log:
            command = [shutil.which(name, path=SBIN), *arguments]
            self.daemons.append(subprocess.Popen(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT))

    def wait_for(self, ready, seconds=30):
        """Wait until `ready()`; NotStarted with what the daemons said."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline or any(daemon.poll() is not None for daemon in self.daemons):
                raise NotStarted("\n".join(log.read_text()[-2000:] for log in sorted(self.folder.glob("*.log"))))
            time.sleep(0.1)

    def run(self, *command, check=True):
        """What one of Slurm's programs prints."""
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0 or not check, done.stdout
        return done.stdout

    def jobs(self, folder):
        """Everything Slurm knows of every job submitted from `folder`, waiting, running or past: a mapping each."""
        rows = self.run("scontrol", "--details", "--oneliner", "show", "job", check=False).splitlines()
        jobs = [dict(re.findall(r"(\S+?)=(\S*)", row)) for row in rows if row.startswith("JobId=")]
        return [job for job in jobs if job["WorkDir"] == str(folder)]
