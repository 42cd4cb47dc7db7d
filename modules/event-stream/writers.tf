locals {
  stream = provider::aws::arn_parse(aws_kinesis_stream.this.arn)
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
      values   = ["kinesis.${local.stream.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "writers" {
  count = length(var.writer_account_ids) > 0 ? 1 : 0

  name                 = "${var.name}-writers"
  description          = "Lets other accounts put records on the stream ${var.name}, and nothing else."
  assume_role_policy   = data.aws_iam_policy_document.assume_writers[0].json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "writers" {
  count = length(var.writer_account_ids) > 0 ? 1 : 0

  name   = "put-records"
  role   = aws_iam_role.writers[0].name
  policy = data.aws_iam_policy_document.writers[0].json
}
