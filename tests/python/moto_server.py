"""moto's server on a free port of 127.0.0.1: a second, independent opinion on how AWS answers.

    python moto_server.py

The first line of stdout is {"endpoint": "http://127.0.0.1:PORT"}. The server ends when stdin
closes, so it can't outlive the test that started it. Nothing listens beyond the loopback.

All answers are moto's own but three that moto 5.2.5 lacks; they are added through the hooks that
moto's own services use:

- `account:ListRegions` (moto: 404);
- `tag:GetResources` for ECR (moto: always an empty list; it keeps the tags, but ECR isn't among
  the services its tagging API asks);
- `securityhub:BatchUpdateFindings` (moto: 404), of the note and the workflow status.
"""

import json
import logging
import sys
from collections.abc import Iterator

from moto.account import urls as account_urls
from moto.account.responses import AccountResponse
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource
from moto.core.responses import ActionResult
from moto.ecr.models import ECRBackend, ecr_backends
from moto.securityhub import urls as securityhub_urls
from moto.securityhub.responses import SecurityHubResponse
from moto.server import ThreadedMotoServer

REGIONS = {
    "us-east-1": "ENABLED_BY_DEFAULT",
    "eu-west-1": "ENABLED_BY_DEFAULT",
    "af-south-1": "DISABLED",
}


def list_regions(self: AccountResponse) -> ActionResult:
    """The same Regions for every account, on one page."""
    wanted = self._get_param("RegionOptStatusContains") or REGIONS.values()
    regions = [
        {"RegionName": name, "RegionOptStatus": status}
        for name, status in REGIONS.items()
        if status in wanted
    ]
    return ActionResult({"Regions": regions})


def batch_update_findings(self: SecurityHubResponse) -> str:
    """Changes the findings that are there, by id and product."""
    request = json.loads(self.body)
    changes = {name: request[name] for name in ("Note", "Workflow") if name in request}
    by_id = {finding.id: finding for finding in self.securityhub_backend.findings}
    processed, unprocessed = [], []
    for identifier in request["FindingIdentifiers"]:
        finding = by_id.get(identifier["Id"])
        if finding is None or finding.data["ProductArn"] != identifier["ProductArn"]:
            error = {"ErrorCode": "FindingNotFound", "ErrorMessage": "Finding Not Found"}
            unprocessed.append({"FindingIdentifier": identifier, **error})
        else:
            finding.data.update(changes)
            processed.append(identifier)
    return json.dumps({"ProcessedFindings": processed, "UnprocessedFindings": unprocessed})


class TaggableEcrBackend(ECRBackend, TaggableResourcesMixin):
    """moto's ECR, known to moto's tagging API, which filters and pages."""

    SERVICE_NAMESPACE = "ecr"
    # moto looks for a back end's URLs beside the module that defines it
    __module__ = ECRBackend.__module__

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        for repository in self.repositories.values():
            yield TaggedResource(
                arn=repository.arn,
                tags=self.tagger.get_tag_dict_for_resource(repository.arn),
                resource_type="ecr:repository",
            )


def main() -> None:
    # One line a request would drown what the test has to say.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    AccountResponse.list_regions = list_regions
    account_urls.url_paths["{0}/listRegions$"] = AccountResponse.dispatch
    ecr_backends.backend = TaggableEcrBackend
    SecurityHubResponse.batch_update_findings = batch_update_findings
    securityhub_urls.url_paths["{0}/findings/batchupdate$"] = SecurityHubResponse.dispatch

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(json.dumps({"endpoint": f"http://{host}:{port}"}), flush=True)

    sys.stdin.buffer.read()
    server.stop()


if __name__ == "__main__":
    main()
