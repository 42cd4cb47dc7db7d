mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example"
  hash_key    = { name = "id" }
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "refuses_a_name_of_two_letters" {
  command = plan

  variables {
    name = "ab"
  }

  expect_failures = [var.name]
}

run "refuses_a_partition_key_of_no_key_type" {
  command = plan

  variables {
    hash_key = { name = "id", type = "BOOL" }
  }

  expect_failures = [var.hash_key]
}

run "refuses_a_partition_key_without_a_name" {
  command = plan

  variables {
    hash_key = { name = "" }
  }

  expect_failures = [var.hash_key]
}

run "refuses_a_sort_key_of_no_key_type" {
  command = plan

  variables {
    range_key = { name = "at", type = "M" }
  }

  expect_failures = [var.range_key]
}

run "refuses_a_sort_key_without_a_name" {
  command = plan

  variables {
    range_key = { name = "" }
  }

  expect_failures = [var.range_key]
}

run "refuses_one_attribute_for_both_keys" {
  command = plan

  variables {
    range_key = { name = "id" }
  }

  expect_failures = [var.range_key]
}

run "refuses_a_key_by_its_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/example"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_an_expiry_attribute_without_a_name" {
  command = plan

  variables {
    ttl_attribute = ""
  }

  expect_failures = [var.ttl_attribute]
}

run "refuses_a_threshold_below_nothing" {
  command = plan

  variables {
    alarms = { read_throttles = -1 }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_operation_that_dynamodb_does_not_have" {
  command = plan

  variables {
    alarms = { operations = ["GetItems"] }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_alarm_over_no_operation" {
  command = plan

  variables {
    alarms = { operations = [] }
  }

  expect_failures = [var.alarms]
}

run "refuses_more_operations_than_an_alarm_adds_up" {
  command = plan

  variables {
    alarms = {
      operations = [
        "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem",
        "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem",
      ]
    }
  }

  expect_failures = [var.alarms]
}

run "refuses_more_bad_minutes_than_are_looked_at" {
  command = plan

  variables {
    alarms = { breaching_minutes = 3, evaluation_minutes = 2 }
  }

  expect_failures = [var.alarms]
}

run "refuses_an_alarm_action_that_is_no_arn" {
  command = plan

  variables {
    alarm_actions = ["on-call@example.com"]
  }

  expect_failures = [var.alarm_actions]
}

run "refuses_runbooks_with_a_slash_at_their_end" {
  command = plan

  variables {
    runbooks_url = "docs/runbooks/"
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_an_index_without_its_key" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = null } }
  }

  expect_failures = [var.indexes]
}

run "refuses_an_index_of_two_letters" {
  command = plan

  variables {
    indexes = { by = { hash_key = { name = "category" } } }
  }

  expect_failures = [var.indexes]
}

run "refuses_an_index_by_an_attribute_of_no_key_type" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = { name = "category" }, range_key = { name = "tags", type = "SS" } } }
  }

  expect_failures = [var.indexes]
}

run "refuses_an_index_by_an_attribute_without_a_name" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = { name = "" } } }
  }

  expect_failures = [var.indexes]
}

run "refuses_one_attribute_for_both_keys_of_an_index" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = { name = "category" }, range_key = { name = "category" } } }
  }

  expect_failures = [var.indexes]
}

run "refuses_a_projection_that_dynamodb_does_not_know" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = { name = "category" }, projection_type = "SOME" } }
  }

  expect_failures = [var.indexes]
}

run "refuses_an_empty_projection" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = { name = "category" }, projection_type = "INCLUDE" } }
  }

  expect_failures = [var.indexes]
}

run "refuses_attributes_that_no_projection_takes" {
  command = plan

  variables {
    indexes = { byCategory = { hash_key = { name = "category" }, non_key_attributes = ["name"] } }
  }

  expect_failures = [var.indexes]
}

run "refuses_more_indexes_than_a_table_has" {
  command = plan

  variables {
    indexes = { for number in range(21) : "by-${number + 10}" => { hash_key = { name = "key-${number}" } } }
  }

  expect_failures = [var.indexes]
}

run "refuses_more_copied_attributes_than_a_table_has" {
  command = plan

  variables {
    indexes = {
      for name in ["byCategory", "byBrand"] : name => {
        hash_key           = { name = name }
        projection_type    = "INCLUDE"
        non_key_attributes = [for number in range(51) : "attribute-${number}"]
      }
    }
  }

  expect_failures = [var.indexes]
}

run "refuses_a_tag_that_is_longer_than_aws_takes" {
  command = plan

  variables {
    tags = { Owner = format("%0257d", 0) }
  }

  expect_failures = [var.tags]
}

run "refuses_a_tag_with_a_key_that_aws_reserves" {
  command = plan

  variables {
    tags = { "aws:owner" = "shop" }
  }

  expect_failures = [var.tags]
}

run "refuses_an_address_of_runbooks_that_fills_the_description" {
  command = plan

  variables {
    runbooks_url = format("%0257d", 0)
  }

  expect_failures = [var.runbooks_url]
}

run "refuses_a_view_that_a_stream_does_not_have" {
  command = plan

  variables {
    stream_view_type = "ALL"
  }

  expect_failures = [var.stream_view_type]
}

run "refuses_a_bound_of_nothing" {
  command = plan

  variables {
    maximum_request_units = { write = 0 }
  }

  expect_failures = [var.maximum_request_units]
}
