data "aws_caller_identity" "current" {}

locals {
  name_prefix = "hello-retail-${var.environment}"
  functions   = ["winner_api", "winner_view"]
}
