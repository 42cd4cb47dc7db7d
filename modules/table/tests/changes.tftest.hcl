# What is made in one run is what the next ones change.
mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name          = "example-orders"
  hash_key      = { name = "customerId" }
  range_key     = { name = "placedAt", type = "N" }
  ttl_attribute = "expiresAt"
  kms_key_arn   = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "a_protected_table" {
  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table is not protected."
  }
}

run "keeps_its_keys" {
  command = plan

  variables {
    range_key = { name = "soldAt", type = "N" }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "keeps_its_keys_types" {
  command = plan

  variables {
    range_key = { name = "placedAt" }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "keeps_its_name_while_it_is_protected" {
  command = plan

  variables {
    name = "example-sales"
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "keeps_what_items_expire_by" {
  command = plan

  variables {
    ttl_attribute = "endsAt"
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "gives_up_what_items_expire_by" {
  variables {
    ttl_attribute = null
  }

  assert {
    condition     = length(aws_dynamodb_table.this.ttl) == 0
    error_message = "Items still expire."
  }
}

run "takes_another_attribute_once_items_do_not_expire" {
  variables {
    ttl_attribute = "endsAt"
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).attribute_name == "endsAt"
    error_message = "Items expire by ${one(aws_dynamodb_table.this.ttl).attribute_name}."
  }
}

run "takes_an_index" {
  variables {
    ttl_attribute = "endsAt"
    indexes       = { byStatus = { hash_key = { name = "status" }, projection_type = "INCLUDE", non_key_attributes = ["total"] } }
  }

  assert {
    condition     = one(aws_dynamodb_table.this.global_secondary_index).name == "byStatus"
    error_message = "There is no index."
  }
}

run "keeps_an_indexs_projection" {
  command = plan

  variables {
    ttl_attribute = "endsAt"
    indexes       = { byStatus = { hash_key = { name = "status" }, projection_type = "INCLUDE", non_key_attributes = ["city", "total"] } }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "keeps_an_indexs_keys" {
  command = plan

  variables {
    ttl_attribute = "endsAt"
    indexes       = { byStatus = { hash_key = { name = "status" }, range_key = { name = "placedAt", type = "N" }, projection_type = "INCLUDE", non_key_attributes = ["total"] } }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "takes_another_index_beside_it" {
  variables {
    ttl_attribute = "endsAt"
    indexes = {
      byStatus = { hash_key = { name = "status" }, projection_type = "INCLUDE", non_key_attributes = ["total"] }
      byCity   = { hash_key = { name = "city" } }
    }
  }

  assert {
    condition     = toset(aws_dynamodb_table.this.global_secondary_index[*].name) == toset(["byCity", "byStatus"])
    error_message = "The indexes are ${jsonencode(aws_dynamodb_table.this.global_secondary_index[*].name)}."
  }
}

run "gives_up_an_index" {
  variables {
    ttl_attribute = "endsAt"
    indexes       = { byCity = { hash_key = { name = "city" } } }
  }

  assert {
    condition     = toset(aws_dynamodb_table.this.global_secondary_index[*].name) == toset(["byCity"])
    error_message = "The indexes are ${jsonencode(aws_dynamodb_table.this.global_secondary_index[*].name)}."
  }
}

run "gives_up_its_protection" {
  variables {
    ttl_attribute       = "endsAt"
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table is still protected."
  }
}

run "takes_other_keys_with_another_name" {
  variables {
    name                = "example-sales"
    range_key           = { name = "soldAt", type = "N" }
    ttl_attribute       = "endsAt"
    deletion_protection = false
  }

  assert {
    condition     = aws_dynamodb_table.this.name == "example-sales" && aws_dynamodb_table.this.range_key == "soldAt"
    error_message = "The table is ${aws_dynamodb_table.this.name}, sorted by ${aws_dynamodb_table.this.range_key}."
  }
}
