mock_provider "aws" {
  source = "../testing/mocks"
}

override_resource {
  target = aws_kinesis_stream.this
  values = { arn = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks" }
}

variables {
  name        = "example-clicks"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "lets_a_consumer_read_and_a_producer_write_this_stream_and_no_more" {
  assert {
    condition = output.policy_statements == {
      put_record = {
        actions   = ["kinesis:PutRecord"]
        resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
      }
      read = {
        actions = [
          "kinesis:DescribeStream",
          "kinesis:DescribeStreamSummary",
          "kinesis:GetRecords",
          "kinesis:GetShardIterator",
          "kinesis:ListShards",
        ]
        resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
      }
      write = {
        actions   = ["kinesis:PutRecord", "kinesis:PutRecords"]
        resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
      }
    }
    error_message = "The policy statements are ${jsonencode(output.policy_statements)}."
  }
}

run "makes_no_role_for_other_accounts_unless_asked" {
  assert {
    condition     = length(aws_iam_role.writers) == 0 && length(aws_iam_role_policy.writers) == 0 && output.writer_role_arn == null
    error_message = "There is a role for other accounts."
  }
}

run "lets_other_accounts_put_records_and_nothing_else" {
  variables {
    writer_account_ids = ["444455556666", "777788889999"]
  }

  assert {
    condition = jsonencode([
      for statement in data.aws_iam_policy_document.assume_writers[0].statement : {
        actions    = statement.actions
        principals = [for principal in statement.principals : "${principal.type} ${join(" ", principal.identifiers)}"]
      }
      ]) == jsonencode([{
        actions    = ["sts:AssumeRole"]
        principals = ["AWS arn:aws:iam::444455556666:root arn:aws:iam::777788889999:root"]
    }])
    error_message = "The role is assumed by ${jsonencode(data.aws_iam_policy_document.assume_writers[0].statement)}."
  }

  assert {
    condition = jsonencode([
      for statement in data.aws_iam_policy_document.writers[0].statement : {
        actions    = statement.actions
        conditions = [for c in statement.condition : "${c.test} ${c.variable} ${join(" ", c.values)}"]
        resources  = statement.resources
      }
      ]) == jsonencode([
      {
        actions    = ["kinesis:PutRecord", "kinesis:PutRecords"]
        conditions = []
        resources  = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
      },
      {
        actions    = ["kms:GenerateDataKey"]
        conditions = ["StringEquals kms:ViaService kinesis.us-east-1.amazonaws.com"]
        resources  = [var.kms_key_arn]
      },
    ])
    error_message = "The role may ${jsonencode(data.aws_iam_policy_document.writers[0].statement)}."
  }

  assert {
    condition     = aws_iam_role.writers[0].name == "example-clicks.writers@us-east-1" && output.writer_role_arn == aws_iam_role.writers[0].arn
    error_message = "The role is ${aws_iam_role.writers[0].name}, returned as ${coalesce(output.writer_role_arn, "nothing")}."
  }
}

run "shortens_the_name_of_a_role_that_iam_would_not_take" {
  variables {
    name               = join("", [for number in range(16) : "clicks-x"])
    writer_account_ids = ["444455556666"]
  }

  assert {
    condition     = aws_iam_role.writers[0].name == "${substr(var.name, 0, 37)}+${substr(sha1(var.name), 0, 8)}.writers@us-east-1" && length(aws_iam_role.writers[0].name) == 64
    error_message = "The role is ${aws_iam_role.writers[0].name}."
  }
}
