#!/usr/bin/env bash
# Builds all targets as OSS-Fuzz wants it: with $CC $CFLAGS $CXX $CXXFLAGS, linked with $LIB_FUZZING_ENGINE, into $OUT,
# each with its corpus, dictionary and options, and the libraries it needs beside it. Works for libFuzzer and AFL++.
# Needs the packages of .ci/setup, and zip.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${CC:=clang}" "${CXX:=clang++}" "${CFLAGS:=-O1 -g -fsanitize=address,fuzzer-no-link}" "${CXXFLAGS:=$CFLAGS}"
: "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${OUT:=$PWD/build/oss-fuzz-out}" "${WORK:=$PWD/build/oss-fuzz}"
mkdir -p "$OUT/lib"

# The engine is C++, and so is what links.
link="$CXX $CXXFLAGS <CMAKE_C_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>"
cmake -G Ninja -S . -B "$WORK" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$CFLAGS" \
    -DCMAKE_C_LINK_EXECUTABLE="$link" -DCMAKE_EXE_LINKER_FLAGS="-Wl,-rpath,\\\$ORIGIN/lib" \
    -DTSSB_FUZZ=ON -DTSSB_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" -DBUILD_TESTING=OFF
cmake --build "$WORK" --target fuzz-targets

for source in fuzz/*.c; do
    target=$(basename -s .c "$source")
    cp "$WORK/fuzz/fuzz-$target" "$OUT/$target"
    printf '[libfuzzer]\nmax_len = 4096\ntimeout = 20\n' >"$OUT/$target.options"
    [ ! -e "fuzz/dict/$target.dict" ] || cp "fuzz/dict/$target.dict" "$OUT/"
    rm -f "$OUT/${target}_seed_corpus.zip"
    zip -q -j -r "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"
    ldd "$OUT/$target" | awk -v out="$OUT/" '$3 ~ /^\// && index($3, out) != 1 && $1 !~ /^lib(c|m|dl|rt|gcc_s|stdc\+\+)\./ {print $3}' |
        xargs -r cp -L -t "$OUT/lib"
done
