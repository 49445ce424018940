"""Raises an exception whose name, text and attributes raise again when looked at.

exam: HumanEval/53
cause: raised crashed bad-reply
"""


class Meta(type):
    @property
    def __name__(cls):
        raise SystemExit(0)

    def __repr__(cls):
        raise SystemExit(0)


class Nested(BaseException, metaclass=Meta):
    def __getattribute__(self, name):
        raise SystemExit(0)


def add(x, y):
    raise Nested
