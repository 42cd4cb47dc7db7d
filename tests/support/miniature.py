"""A clone in miniature: roots that apply in seconds, and one function, for what `retailctl` does with any root."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from retailctl.emulator.cloud import Cloud
from retailctl.project import Project

ROOT = Path(__file__).resolve().parents[2]

APP = """
terraform {
  backend "s3" {}
}

variable "environment" { type = string }
variable "region" { type = string }
variable "allowed_account_ids" { type = list(string) }
variable "deletion_protection" { type = bool }

resource "terraform_data" "environment_pin" {
  input            = var.environment
  triggers_replace = [var.environment]
  lifecycle {
    prevent_destroy = true
  }
}

output "api_url" { value = "http://abcdef01.execute-api.localhost:4566" }
output "scores_table" { value = "miniature-${var.environment}-board" }
output "functions" { value = { counter = "miniature-${var.environment}-counter" } }
"""

RESOURCES = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region
}

resource "aws_dynamodb_table" "board" {
  name                        = "miniature-${var.environment}-board"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "board"
  deletion_protection_enabled = var.deletion_protection
  attribute {
    name = "board"
    type = "S"
  }
}

resource "aws_s3_bucket" "quarantine" {
  bucket = "miniature-${var.environment}-quarantine"
}
"""

BOOTSTRAP = """
variable "state_bucket_name" { type = string }
variable "region" { type = string }

resource "terraform_data" "bucket" {
  input = var.state_bucket_name
  provisioner "local-exec" {
    interpreter = ["PYTHON", "-c"]
    command     = "import boto3; boto3.client('s3').create_bucket(Bucket='${var.state_bucket_name}')"
  }
}
""".replace("PYTHON", sys.executable)

VALUES = """environment         = "{environment}"
region              = "us-east-1"
allowed_account_ids = []
deletion_protection = {protected}
"""

BACKEND = """bucket       = "miniature-state"
key          = "miniature/{environment}/terraform.tfstate"
region       = "us-east-1"
use_lockfile = true
"""

BROKEN = 'resource "terraform_data" "broken" {\n  input = file("no-such-file")\n}\n'


def write(root: Path, files: dict[str, str]) -> None:
    """Write ``files``, by path below ``root``."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def miniature(root: Path) -> Project:
    """Return a new clone in miniature in ``root``, with the environments dev and prod.

    Its app has nothing in AWS, and so needs no provider.
    """
    write(
        root,
        {
            "pyproject.toml": "[project]\n",
            "environments/project.json": '{"project": "miniature", "environments": ["dev", "prod"]}',
            "requirements/lambda.txt": "# none\n",
            "src/hello_retail/__init__.py": "",
            "src/hello_retail/settings.py": "SHARED = True\n",
            "src/hello_retail/counter/__init__.py": "",
            "src/hello_retail/counter/handler.py": "def handler(event, context): ...\n",
            "terraform/app/main.tf": APP,
            "terraform/bootstrap/main.tf": BOOTSTRAP,
        },
    )
    for environment, protected in (("dev", "false"), ("prod", "true")):
        folder = f"environments/{environment}"
        values = VALUES.format(environment=environment, protected=protected)
        backend = BACKEND.format(environment=environment)
        write(root, {f"{folder}/terraform.tfvars": values, f"{folder}/backend.hcl": backend})
    project = Project(root)
    installed(project, {})
    return project


def installed(project: Project, files: dict[str, str]) -> None:
    """Put ``files`` where the installed dependencies of `requirements/lambda.txt` are, as if pip had been there."""
    requirements = project.root / "requirements" / "lambda.txt"
    name = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    folder = project.root / "build" / "dependencies" / name
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, files)


def lock(folder: Path) -> None:
    """Give the root in ``folder`` the lock file of our own roots."""
    shutil.copy(ROOT / "terraform" / "bootstrap" / ".terraform.lock.hcl", folder)


@contextmanager
def with_resources(project: Project) -> Iterator[None]:
    """Add a table, which is protected in prod, and a bucket to the app for a while."""
    write(project.app, {"resources.tf": RESOURCES})
    lock(project.app)
    try:
        yield
    finally:
        (project.app / "resources.tf").unlink()
        (project.app / ".terraform.lock.hcl").unlink()


def a_cloud(clone: Project, **fields: Any) -> Cloud:
    """Return a local cloud of a clone that nobody has started; ``fields`` say what is different."""
    known = {
        "name": "local",
        "home": clone.cloud_folder("local"),
        "pid": 2**22 + 1,
        "port": 4566,
        "access_key_id": "AKIA1",
        "secret_access_key": "secret",
        "account_id": "000000000000",
        "region": "us-east-1",
        "environments": ("dev",),
    }
    return Cloud(**{**known, **fields})
