"""Stands for spark-submit where a JVM would be too much: submits, over REST, an application that holds its room.

`--queue Q --name N --conf spark.yarn.tags=T [OPTION VALUE]... JOB SECONDS`: in queue Q, with tag T, an application
master of the size that Spark would ask for in cluster mode, which sleeps; returns when the application has ended.
"""

import json
import os
import sys
import time
import urllib.request
from xml.etree import ElementTree

OVERHEAD_MIB = 384  # the least of Spark, for the container of a driver


def main() -> None:
    *pairs, _, seconds = sys.argv[1:]
    said = list(zip(pairs[::2], pairs[1::2], strict=True))
    options, conf = dict(said), dict(value.split("=", 1) for option, value in said if option == "--conf")
    application = ask("POST", "apps/new-application")["application-id"]
    submission = {
        "application-id": application,
        "application-name": options["--name"],
        "application-type": "TEST",
        "application-tags": {"tag": conf["spark.yarn.tags"].split(",")},
        "queue": options["--queue"],
        "am-container-spec": {"commands": {"command": f"sleep {seconds}"}},
        "resource": {"memory": int(options.get("--driver-memory", "512m")[:-1]) + OVERHEAD_MIB, "vCores": 1},
        "max-app-attempts": 1,
    }
    ask("POST", "apps", submission)
    while ask("GET", f"apps/{application}")["app"]["state"] not in ("FINISHED", "FAILED", "KILLED"):
        time.sleep(0.2)


def ask(method: str, path: str, said: object = None) -> dict:
    """The ResourceManager's answer. Raises OSError where it refuses."""
    url = f"http://{address()}/ws/v1/cluster/{path}?user.name={os.environ['HADOOP_USER_NAME']}"
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    data = None if method == "GET" else json.dumps(said).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        content = answer.read()
    return json.loads(content) if content else {}


def address() -> str:
    site = ElementTree.parse(f"{os.environ['HADOOP_CONF_DIR']}/yarn-site.xml")
    return next(
        each.findtext("value")
        for each in site.iter("property")
        if each.findtext("name") == "yarn.resourcemanager.webapp.address"
    )


if __name__ == "__main__":
    main()
