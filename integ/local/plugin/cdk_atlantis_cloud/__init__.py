"""The local cloud's plugin for ministack: what our stacks need and ministack lacks, or does not do as AWS does.

Nothing of ministack is changed on disk: its tables of handlers and a few of its functions are replaced in memory before it starts.
Each module is one concern; a new CloudFormation type is a new module, imported in `__main__`.
What each behaviour follows, and the tests that hold it there, is listed in BEHAVIOURS.md.
"""
