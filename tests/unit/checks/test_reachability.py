"""What is shipped is used: each module by a command, each public function by another part of the product."""

from tests.checks.reachability import unreached, unused

SOURCES = {
    "deploy": "",
    "deploy.cli": "def main():\n    from core.used import thing\n    run('deploy.started')\n",
    "deploy.started": "",
    "deploy.made": "import core\n",
    "core": "",
    "core.used": "thing = 1\n",
    "core.only_tests": "import core.behind\n",
    "core.behind": "",
}


def test_a_module_that_only_tests_import_is_found_with_what_stands_behind_it() -> None:
    found = list(unreached(SOURCES, ['CMD ["python", "-m", "deploy.made"]'], ["deploy.cli"]))
    assert [one.partition(":")[0] for one in found] == ["core.behind", "core.only_tests"]


def test_a_module_whose_command_is_gone_is_found() -> None:
    found = list(unreached(SOURCES, [], ["deploy.cli"]))
    assert [one.partition(":")[0] for one in found] == ["core.behind", "core.only_tests", "deploy.made"]


def test_a_function_that_the_product_does_not_name_is_found() -> None:
    sources = {
        "core.a": "def used(): ...\n\n\ndef shown(): ...\n\n\ndef lonely(): ...\n\n\ndef _own(): ...\n",
        "core.b": "from core.a import used\n",
    }
    assert unused(sources, ["{{ shown() }}"]) == {"core.a.lonely": 7}
