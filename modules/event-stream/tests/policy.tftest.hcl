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
