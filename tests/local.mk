# SPDX-License-Identifier: BSD-2-Clause
# Unit tests are named in the folders they test; here: what crosses folders, and what all tests share.
