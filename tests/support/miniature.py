"""A clone in miniature: roots that apply in seconds, and one function, for what `retailctl` does with any root."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from retailctl.project import Project

ROOT = Path(__file__).resolve().parents[2]

APP = """
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
  backend "s3" {}
}

provider "aws" {
  region = var.region
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

output "api_url" { value = "http://abcdef01.execute-api.localhost:4566" }
output "scores_table" { value = aws_dynamodb_table.board.name }
output "quarantine_bucket" { value = aws_s3_bucket.quarantine.id }
output "functions" { value = { counter = "miniature-${var.environment}-counter" } }
"""

BOOTSTRAP = """
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "state_bucket_name" { type = string }

resource "aws_s3_bucket" "state" {
  bucket = var.state_bucket_name
}
"""

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
    """Return a new clone in miniature in ``root``, with the environments dev and prod; prod's table is protected."""
    write(
        root,
        {
            "pyproject.toml": "[project]\n",
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
    for name in ("app", "bootstrap"):
        lock = ".terraform.lock.hcl"
        shutil.copy(ROOT / "terraform" / name / lock, root / "terraform" / name / lock)
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
