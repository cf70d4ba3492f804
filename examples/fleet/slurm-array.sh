#!/usr/bin/env bash
# slurm-array.sh FOLDER: a Slurm array that verifies one image or NBD URI per task: that in line N of
# FOLDER/list. NOT RUN by vdetool's tests. Start it with the number of lines, 20 tasks at a time:
#   sbatch --array=1-300%20 slurm-array.sh FOLDER
# When it is done: join-report.sh FOLDER
#SBATCH --job-name=verify-fleet
#SBATCH --cpus-per-task=2
#SBATCH --output=/dev/null
number=$SLURM_ARRAY_TASK_ID
image=$(sed -n "${number}p" "$1/list")
mkdir -p "$1/results"
# Damage is a result, not a failed task.
vdetool verify --json "$image" >"$1/results/$number.jsonl" 2>"$1/results/$number.jsonl.err" ||
  [ $? -lt 16 ]
