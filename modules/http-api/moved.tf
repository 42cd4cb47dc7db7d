# After 0.1.0: the access log has another class, which takes another group. The old group stays in AWS until its lines expire.
removed {
  from = aws_cloudwatch_log_group.access

  lifecycle {
    destroy = false
  }
}
