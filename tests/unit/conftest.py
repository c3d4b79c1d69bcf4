"""What the tests of the command line share."""

import pytest

from placement import cli


@pytest.fixture
def run(monkeypatch, capfd):
    """`run(arguments..., VARIABLE=value)`: exit status, standard output and standard error of `placement ARGUMENTS`."""

    def call(*arguments, **environ):
        monkeypatch.setattr("sys.argv", ["placement", *map(str, arguments)])
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, *capfd.readouterr()

    return call
