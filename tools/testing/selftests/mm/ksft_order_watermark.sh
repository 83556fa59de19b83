#!/bin/sh -e
# SPDX-License-Identifier: GPL-2.0

modprobe -q alloc_burst || :
./run_vmtests.sh -t order_watermark
