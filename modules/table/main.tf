locals {
  keys          = concat([var.hash_key], var.range_key == null ? [] : [var.range_key])
  keys_in_words = join(", ", [for key in local.keys : "${key.name} (${key.type})"])

  index_keys = flatten([for index in values(var.indexes) : [for key in [index.hash_key, index.range_key] : key if key != null]])

  # DynamoDB is told once of each attribute that is a key of anything.
  types_of_keys     = { for key in concat(local.keys, local.index_keys) : key.name => key.type... }
  keys_of_two_types = [for name, types in local.types_of_keys : "${name} (${join(", ", distinct(types))})" if length(distinct(types)) > 1]

  indexes_in_words = {
    for name, index in var.indexes : name => join("; ", [
      "keys ${join(", ", [for key in [index.hash_key, index.range_key] : "${key.name} (${key.type})" if key != null])}",
      "projection ${index.projection_type == "INCLUDE" ? join(", ", sort(index.non_key_attributes)) : index.projection_type}",
    ])
  }
  changed_indexes = [for name, words in local.indexes_in_words : name if terraform_data.index[name].output != words]
}

# What the table was made with. Terraform would plan changes of it that DynamoDB refuses; each of these keeps what was, so
# that the plan can refuse them.
resource "terraform_data" "keys" {
  input            = local.keys_in_words
  triggers_replace = [var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "protected_name" {
  input            = var.name
  triggers_replace = [var.deletion_protection ? null : var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "index" {
  for_each = local.indexes_in_words

  input            = each.value
  triggers_replace = [var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "ttl_attribute" {
  input            = var.ttl_attribute
  triggers_replace = [var.name, var.ttl_attribute == null]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.hash_key.name
  range_key                   = one(var.range_key[*].name)
  deletion_protection_enabled = var.deletion_protection
  stream_enabled              = var.stream_view_type == null ? null : true
  stream_view_type            = var.stream_view_type
  tags                        = var.tags

  dynamic "attribute" {
    for_each = { for name, types in local.types_of_keys : name => types[0] }

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.indexes

    content {
      name               = global_secondary_index.key
      hash_key           = global_secondary_index.value.hash_key.name
      range_key          = one(global_secondary_index.value.range_key[*].name)
      projection_type    = global_secondary_index.value.projection_type
      non_key_attributes = global_secondary_index.value.projection_type == "INCLUDE" ? global_secondary_index.value.non_key_attributes : null
    }
  }

  dynamic "on_demand_throughput" {
    for_each = var.maximum_request_units[*]

    content {
      max_read_request_units  = on_demand_throughput.value.read
      max_write_request_units = on_demand_throughput.value.write
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  dynamic "ttl" {
    for_each = var.ttl_attribute[*]

    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  lifecycle {
    # A table under a new name is there before the old one goes.
    create_before_destroy = true

    precondition {
      condition     = terraform_data.keys.output == local.keys_in_words
      error_message = "The table ${var.name} has the keys ${terraform_data.keys.output}, and DynamoDB changes no table's keys. Give the table that has ${local.keys_in_words} another name."
    }

    precondition {
      condition     = length(local.keys_of_two_types) == 0
      error_message = "An attribute has one type in all keys of a table and its indexes; of ${var.name} these have several: ${join(", ", local.keys_of_two_types)}."
    }

    precondition {
      condition     = !var.deletion_protection || terraform_data.protected_name.output == var.name
      error_message = "The table ${terraform_data.protected_name.output} is protected from deletion, so another name cannot replace it. Apply deletion_protection = false first, and the name ${var.name} after it."
    }

    # UpdateTable makes and deletes indexes; it changes none. The provider would delete the index and create it again, and
    # what reads it would find nothing until it is filled again.
    precondition {
      condition     = length(local.changed_indexes) == 0
      error_message = "DynamoDB changes no index. ${join(" ", [for name in local.changed_indexes : "${name} of ${var.name} has ${terraform_data.index[name].output}, and not ${local.indexes_in_words[name]}."])} Add an index under another name, and remove this one when nothing reads it."
    }

    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
    precondition {
      condition     = try(terraform_data.ttl_attribute.output == var.ttl_attribute, true)
      error_message = "The items of ${var.name} expire by ${coalesce(terraform_data.ttl_attribute.output, "nothing")}, and DynamoDB takes another attribute only when that is off. Apply ttl_attribute = null first, and ${coalesce(var.ttl_attribute, "nothing")} an hour after it."
    }
  }
}
