import grp
import os
import posix
import pwd

import pytest

from placement.identity import identify, identity_of, user_name
from placement.policy import NAME_SERVICE, STATIC, Site

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
    found = identify(STATIC_SITE, {"HADOOP_USER_NAME": "bob"}, proxy_user="alice")
    assert (found.user, found.how) == ("alice", "--proxy-user")


def test_another_user_never_gets_the_groups_of_the_process():
    assert identify(Site(), {"HADOOP_USER_NAME": "no-such-user"}).groups == ()


@pytest.mark.parametrize("site", [Site(), Site(groups=NAME_SERVICE)])
def test_the_name_service_knows_accounts(site):
    found = identity_of("daemon", site, "somebody", "--user")
    assert found.groups[0] == "daemon"


@pytest.mark.parametrize("user", ["no-such-user", "", "nul\0", "1234567", "häagen"])
def test_a_user_whom_nobody_knows_has_no_groups(user):
    assert identity_of(user, Site(groups=NAME_SERVICE), "somebody", "--user").groups == ()
    assert identity_of(user, STATIC_SITE, "somebody", "--user").groups == ()


def test_a_user_id_without_a_name_is_its_number():
    assert user_name(4_000_000_000) == "4000000000"


def test_a_group_without_a_name_is_left_out(monkeypatch):
    monkeypatch.setattr(posix, "getgroups", lambda: [4_000_000_000, 0])
    assert "root" in identify(Site(), {}).groups
    assert "4000000000" not in identify(Site(), {}).groups
