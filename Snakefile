# Does a network look at what things look like, or at how they move?
# The table of contents: configuration, the stages in the order they run, and what a run must leave behind.
import os
import shutil
import sys

from snakemake.utils import min_version

min_version("9.0")
if not workflow.current_basedir.is_local:
    # A module from a host comes file by file, as Snakemake asks for them: what those import is taken out of its clone.
    repository = workflow.current_basedir.hosted_repo.repo
    code = os.path.abspath(f".snakemake/modules/{repository.commit(workflow.current_basedir.ref).hexsha}")
    if not os.path.isdir(code):
        os.makedirs(f"{code}.partial", exist_ok=True)
        repository.git.archive(os.path.basename(code), output=f"{code}.tar")
        shutil.unpack_archive(f"{code}.tar", f"{code}.partial")
        os.remove(f"{code}.tar")
        os.rename(f"{code}.partial", code)
    sys.path.insert(0, code)

from workflow.lib.failures import after_failure, writable

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle OpenMP threads must not spin on shared cores
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(1 << 26))  # of a picture, before it is decoded: bounds the memory of jobs
os.environ.update(SNAKEMAKE_PID=str(os.getpid()))  # jobs end with it


configfile: "config.yaml"


for file in config.get("over", []):  # what the experiment is laid over; Snakemake lays the experiment over each of them again

    configfile: file


report: "workflow/report/workflow.rst"


onerror:
    printed = "".join(open(file).read() for file in log)
    failed = [str(own) for job in workflow.scheduler.failed for one in getattr(job, "jobs", [job]) for own in one.log]
    print(writable(after_failure(printed, failed), sys.stdout))


onsuccess:
    done = {job.rule.name for job in workflow.dag.finished_jobs}
    if {"all", "write_report"} & done:
        folder = f"results/reports/{config['experiment']}"
        if "write_report" in done and os.path.exists(f"{folder}/answer.txt"):
            print(writable(open(f"{folder}/answer.txt", encoding="utf-8").read(), sys.stdout))
        print(f"Report:  {folder}/report.html", f"Figures: {folder}/*.svg, the same as .png", sep="\n")
        print(f"Tables:  {folder}/tables/*.csv, all numbers in {folder}/*.parquet", "Logs:    results/logs/<rule>/", sep="\n")


include: "workflow/rules/common.smk"
include: "workflow/rules/stores.smk"
include: "workflow/rules/analyses.smk"
include: "workflow/rules/videos.smk"
include: "workflow/rules/clips.smk"
include: "workflow/rules/masks.smk"
include: "workflow/rules/styles.smk"
include: "workflow/rules/flow.smk"
include: "workflow/rules/pairs.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/check.smk"


onstart:
    if workflow.local_exec:
        # With its limit of jobs a second, Snakemake 9.27 wakes up once more a second for every job that has ended.
        workflow.scheduler.job_rate_limiter = None


rule all:
    default_target: True
    input:
        f"results/reports/{config['experiment']}/report.html",
        expand("results/reports/{experiment}/tables/{table}.csv", experiment=config["experiment"], table=PRINTED),
    localrule: True
