#!/usr/bin/env python3
"""What the schemas do not say about the rendered manifests: check-manifests.py RENDERED TABLE."""
import base64
import sys

import yaml


def arguments_of(container: dict) -> dict[str, str]:
    return dict(argument.split("=", 1) for argument in container["args"])


def problems(documents: list[dict], table: bytes) -> list[str]:
    found = []
    kinds = {document["kind"]: document for document in documents}
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    sidecar = next(c for c in pod["initContainers"] if c["name"] == "sidegate")
    routes = kinds["ConfigMap"]

    if sidecar.get("restartPolicy") != "Always":
        found.append("sidegate is no native sidecar: restartPolicy must be Always")
    if routes["metadata"]["name"] != "sidegate-routes":
        found.append("the ConfigMap's name has a hash: a new table would restart pods")
    stored = base64.b64decode(routes.get("binaryData", {}).get("routes.sgt", ""))
    if not table or stored != table:
        found.append("the ConfigMap does not hold the table byte by byte")
    if len(stored) > 1024 * 1024:
        found.append("the table does not fit into a ConfigMap")
    for container in pod["initContainers"] + pod["containers"]:
        context = container.get("securityContext", {})
        if not context.get("readOnlyRootFilesystem"):
            found.append(f"{container['name']}: the root file system is writable")
        if context.get("allowPrivilegeEscalation") is not False:
            found.append(f"{container['name']}: privilege escalation is not refused")
        if context.get("capabilities", {}).get("drop") != ["ALL"]:
            found.append(f"{container['name']}: not all capabilities are dropped")
        if "memory" not in container.get("resources", {}).get("limits", {}):
            found.append(f"{container['name']}: memory is not limited")
    if pod["securityContext"].get("seccompProfile", {}).get("type") != "RuntimeDefault":
        found.append("system calls are not filtered: seccompProfile must be RuntimeDefault")
    if pod.get("automountServiceAccountToken") is not False:
        found.append("the pod gets a token for Kubernetes that nobody needs")
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        found.append("the pod shares a namespace with its node")
    if not arguments_of(sidecar)["--listen"].startswith("127.0.0.1:"):
        found.append("the gateway is reachable from outside the pod")
    if not pod["securityContext"].get("runAsNonRoot"):
        found.append("the pod may run as root")
    arguments = arguments_of(sidecar)
    admin = arguments["--admin-listen"].rsplit(":", 1)[1]
    ports = {port["name"]: str(port["containerPort"]) for port in sidecar["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        port = str(sidecar[probe]["httpGet"]["port"])
        if ports.get(port, port) != admin:
            found.append(f"{probe} does not ask the admin listener")
    if int(arguments["--grace"]) >= pod["terminationGracePeriodSeconds"]:
        found.append("the pod is killed before --grace is over")
    if any("subPath" in mount for mount in sidecar["volumeMounts"]):
        found.append("a subPath mount never sees a new table")
    mounts = [mount["mountPath"] for mount in sidecar["volumeMounts"]]
    if not any(arguments["--table"].startswith(path + "/") for path in mounts):
        found.append("--table lies outside every mount")
    base = next(e for e in pod["containers"][0]["env"] if e["name"] == "OPENAI_BASE_URL")
    if base["value"] != "http://localhost:4000/v1" or "4000" not in arguments["--listen"]:
        found.append("the app does not ask the sidecar's port")
    return found


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as rendered, open(sys.argv[2], "rb") as compiled:
        wrong = problems(list(yaml.safe_load_all(rendered)), compiled.read())
    print("\n".join(f"manifests: {line}" for line in wrong), end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)
