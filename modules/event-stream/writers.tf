data "aws_partition" "current" {}

locals {
  stream = provider::aws::arn_parse(aws_kinesis_stream.this.arn)
}

# A stream's name is the region's and a role's the account's: `clicks.writers@us-east-1`. Neither @ nor + can be in a
# stream's name, so no two streams have one role, and what is too long for a role is cut and told apart by its hash.
locals {
  writers_suffix = ".writers@${data.aws_region.current.id}"
  writers_length = 64 - length(local.writers_suffix)
  writers_stem   = length(var.name) <= local.writers_length ? var.name : "${substr(var.name, 0, local.writers_length - 9)}+${substr(sha1(var.name), 0, 8)}"
}

data "aws_iam_policy_document" "assume_writers" {
  count = length(var.writer_account_ids) > 0 ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = [for id in var.writer_account_ids : "arn:${local.stream.partition}:iam::${id}:root"]
    }
  }
}

data "aws_iam_policy_document" "writers" {
  count = length(var.writer_account_ids) > 0 ? 1 : 0

  statement {
    sid       = "PutRecords"
    actions   = ["kinesis:PutRecord", "kinesis:PutRecords"]
    resources = [aws_kinesis_stream.this.arn]
  }

  statement {
    sid       = "EncryptThroughTheStream"
    actions   = ["kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["kinesis.${local.stream.region}.${data.aws_partition.current.dns_suffix}"]
    }
  }
}

resource "aws_iam_role" "writers" {
  count = length(var.writer_account_ids) > 0 ? 1 : 0

  name                 = "${local.writers_stem}${local.writers_suffix}"
  description          = "Lets other accounts put records on the stream ${var.name}, and nothing else."
  assume_role_policy   = data.aws_iam_policy_document.assume_writers[0].json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # A role under another name is there before the old one goes.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy" "writers" {
  count = length(var.writer_account_ids) > 0 ? 1 : 0

  name   = "put-records"
  role   = aws_iam_role.writers[0].name
  policy = data.aws_iam_policy_document.writers[0].json
}
