# What became of quarantined records that an operator took up: put on the stream anew, or dropped. Every generation of
# the views passes over the originals of the former, so the table outlives them all.
module "redrives" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-redrives"
  hash_key               = { name = "identity" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["Scan"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

# Which generations of the views stand. A record can only be marked as redriven while one stands alone, and a
# generation passes over the originals of all that is marked when it begins: so this is written before its function is
# made, which is why that one takes the table's name from here.
resource "aws_dynamodb_table_item" "standing_generations" {
  table_name = module.redrives.name
  hash_key   = "identity"

  item = jsonencode({
    identity = { S = "generations" }
    standing = { S = join(",", keys(var.generations)) }
  })
}
