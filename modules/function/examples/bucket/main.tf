terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

module "key" {
  source = "../../../encryption-key"

  name                 = "example-orders"
  deletion_window_days = 7
}

module "builds" {
  source = "../../../bucket"

  name        = var.bucket_name
  kms_key_arn = module.key.arn
}

# Made by: python3 -m zipfile -c orders.zip orders.py
resource "aws_s3_object" "orders" {
  #checkov:skip=CKV_AWS_186:The bucket encrypts it with its key.
  bucket      = module.builds.id
  key         = "orders.zip"
  source      = var.artifact_path
  source_hash = filesha256(var.artifact_path)
}

# A layer and a role that other teams keep.
resource "aws_lambda_layer_version" "tools" {
  layer_name          = "example-tools"
  filename            = var.artifact_path
  compatible_runtimes = ["python3.13"]
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "orders" {
  name               = "example-orders"
  path               = "/teams/"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

module "function" {
  source = "../.."

  name           = "example-orders"
  handler        = "orders.handler"
  kms_key_arn    = module.key.arn
  layers         = [aws_lambda_layer_version.tools.arn]
  existing_role  = { arn = aws_iam_role.orders.arn }
  alarms_enabled = false

  artifact = {
    s3 = {
      bucket  = aws_s3_object.orders.bucket
      key     = aws_s3_object.orders.key
      version = aws_s3_object.orders.version_id
    }
  }
}

variable "bucket_name" {
  description = "Name of the bucket for builds; unique in all of AWS."
  type        = string
  default     = "example-orders-builds"
}

variable "artifact_path" {
  description = "The zip of orders.py, as the line above the function makes it."
  type        = string
  default     = "orders.zip"
}
