# Pins the state to its environment: another environment's values against it would replace this, which is refused.
# `make destroy` takes it out of the state first, when it has checked that it is the right one.
resource "terraform_data" "environment_pin" {
  input            = var.environment
  triggers_replace = [var.environment]

  lifecycle {
    prevent_destroy = true
  }
}
