#!/usr/bin/env bash
# Adds to fuzz/corpus what earlier runs found and what reaches further than the corpus does: fuzz/merge.sh TARGET...
# Only as many are taken as together reach every place that was reached: the corpus stays small.
set -euo pipefail
cd "$(dirname "$0")/.."
for target; do
    mkdir -p "fuzz/corpus/$target" "build/fuzz/corpus/$target"
    "build/fuzz/fuzz/fuzz-$target" -set_cover_merge=1 -use_counters=0 -max_len=4096 -timeout=20 \
        "fuzz/corpus/$target" "build/fuzz/corpus/$target" 2>/dev/null
    echo "$target: $(find "fuzz/corpus/$target" -type f | wc -l) files"
done
