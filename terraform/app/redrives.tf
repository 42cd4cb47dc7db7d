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
}
