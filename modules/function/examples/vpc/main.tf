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

resource "aws_vpc" "network" {
  #checkov:skip=CKV2_AWS_11:An example has no flow logs.
  #checkov:skip=CKV2_AWS_12:An example has no default group of its own.
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.network.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_security_group" "orders" {
  #checkov:skip=CKV2_AWS_5:It is the function's.
  name        = "example-orders"
  description = "What the function may reach."
  vpc_id      = aws_vpc.network.id
}

# Made by: python3 -m zipfile -c orders.zip orders.py
module "function" {
  source = "../.."

  name                 = "example-orders"
  artifact             = { path = var.artifact_path }
  handler              = "orders.handler"
  kms_key_arn          = module.key.arn
  ephemeral_storage_mb = 1024

  vpc = {
    subnet_ids         = [aws_subnet.private.id]
    security_group_ids = [aws_security_group.orders.id]
  }
}

variable "artifact_path" {
  description = "The zip of orders.py, as the line above the function makes it."
  type        = string
  default     = "orders.zip"
}
