import grp
import os
import posix
import pwd
import time

import pytest

from placement import identity
from placement.errors import PlacementError
from placement.identity import identify, identity_of, user_name
from placement.policy import KERBEROS, NAME_SERVICE, REMOVE, STATIC, Site
from placement.submission import Reading


def reading(**said):
    command = Reading("spark-submit", [])
    for name, value in said.items():
        setattr(command, name, value)
    return command


STATIC_SITE = Site(groups=STATIC, static_groups={"alice": ("prod", "users")})
ME = pwd.getpwuid(os.getuid()).pw_name


def test_the_real_user_has_the_groups_of_the_process():
    found = identify(Site(), {})
    assert (found.user, found.real_user, found.how) == (ME, ME, "process")
    assert found.groups[0] == grp.getgrgid(os.getgid()).gr_name


def test_hadoop_user_name_is_who_the_resource_manager_sees():
    found = identify(STATIC_SITE, {"HADOOP_USER_NAME": "alice"})
    assert (found.user, found.groups, found.real_user, found.how) == (
        "alice",
        ("prod", "users"),
        ME,
        "HADOOP_USER_NAME",
    )


def test_an_empty_hadoop_user_name_is_none():
    assert identify(Site(), {"HADOOP_USER_NAME": ""}).user == ME


def test_the_proxy_user_comes_first():
    environ = {"HADOOP_USER_NAME": "bob", "HADOOP_PROXY_USER": "carol"}
    found = identify(STATIC_SITE, environ, reading(proxy_user="alice"))
    assert (found.user, found.how) == ("alice", "--proxy-user")


def test_another_user_never_gets_the_groups_of_the_process():
    assert identify(Site(), {"HADOOP_USER_NAME": "no-such-user"}).groups == ()


@pytest.mark.parametrize("site", [Site(), Site(groups=NAME_SERVICE)])
def test_the_name_service_knows_accounts(site):
    found = identity_of("daemon", site, "--user")
    assert found.groups[0] == "daemon"


@pytest.mark.parametrize("user", ["no-such-user", "", "nul\0", "1234567", "häagen"])
def test_a_user_whom_nobody_knows_has_no_groups(user):
    assert identity_of(user, Site(groups=NAME_SERVICE), "--user").groups == ()
    assert identity_of(user, STATIC_SITE, "--user").groups == ()


def test_a_user_id_without_a_name_is_its_number():
    assert user_name(4_000_000_000) == "4000000000"


def test_a_group_without_a_name_is_left_out(monkeypatch):
    monkeypatch.setattr(posix, "getgroups", lambda: [4_000_000_000, 0])
    assert "root" in identify(Site(), {}).groups
    assert "4000000000" not in identify(Site(), {}).groups


def test_the_proxy_user_of_the_environment_comes_before_hadoop_user_name():
    found = identify(STATIC_SITE, {"HADOOP_USER_NAME": "bob", "HADOOP_PROXY_USER": "alice"}, reading())
    assert (found.user, found.how) == ("alice", "HADOOP_PROXY_USER")


def test_under_kerberos_the_principal_counts_and_hadoop_user_name_does_not():
    site = Site(authentication=KERBEROS)
    found = identify(site, {"HADOOP_USER_NAME": "bob"}, reading(principal="etl/host.example@REALM"))
    assert (found.user, found.how) == ("etl", "--principal")
    assert identify(site, {"HADOOP_USER_NAME": "bob"}, reading()).user == ME


def test_under_simple_authentication_the_principal_does_not_count():
    assert identify(Site(), {"HADOOP_USER_NAME": "bob"}, reading(principal="etl@REALM")).user == "bob"
    assert identify(Site(hadoop_user_name=REMOVE), {"HADOOP_USER_NAME": "bob"}).user == ME


SWITCHES = {
    "files": ("passwd: files systemd\ngroup: files [NOTFOUND=return] systemd # sss\n", True),
    "sss for groups": ("passwd: files\ngroup: files sss\n", False),
    "ldap for initgroups": ("initgroups:ldap\n", False),
    "an action with blanks": ("passwd: files [SUCCESS=merge NOTFOUND=return] ldap\n", False),
    "hosts do not matter": ("hosts: files dns\n", True),
    "empty": ("", True),
}


@pytest.mark.parametrize("case", SWITCHES)
def test_which_name_services_may_keep_us_waiting(case, tmp_path, monkeypatch):
    text, is_local = SWITCHES[case]
    (tmp_path / "switch").write_text(text)
    monkeypatch.setattr(identity, "NAME_SERVICE_SWITCH", str(tmp_path / "switch"))
    assert identity._is_local() == is_local
    assert identify(Site(), {}).user == ME
    assert identify(Site(), {}).groups == tuple(dict.fromkeys(identify(Site(), {}).groups))


def test_a_name_service_that_hangs_is_given_up(tmp_path, monkeypatch):
    (tmp_path / "switch").write_text("passwd: sss\n")
    monkeypatch.setattr(identity, "NAME_SERVICE_SWITCH", str(tmp_path / "switch"))
    monkeypatch.setattr(identity, "TIMEOUT_S", 1)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: time.sleep(60))
    with pytest.raises(PlacementError) as caught:
        identify(Site(), {})
    assert caught.value.problems[0].code == "name-service"


def test_a_thousand_groups():
    site = Site(groups=STATIC, static_groups={ME: tuple(f"group {number}" for number in range(1_000))})
    assert len(identify(site, {}).groups) == 1_000
